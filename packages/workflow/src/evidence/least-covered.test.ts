import { expect, it } from "vitest";
import { leastCovered } from "./least-covered.ts";

it("names the files with the most uncovered lines first, with runs of lines between which none is covered", () => {
  const files = {
    "src/a.ts": { covered: [1], uncovered: [2] },
    "src/b.ts": { covered: [1, 6], uncovered: [3, 5, 7, 8] },
    "src/c.ts": { covered: [1], uncovered: [] },
  };
  expect(leastCovered({ percent: 50, files })).toBe("`src/b.ts` (lines 3-5, 7-8), `src/a.ts` (lines 2)");
});

it("names three files and five runs of lines at most", () => {
  const everyOther = { covered: [2, 4, 6, 8, 10], uncovered: [1, 3, 5, 7, 9, 11] };
  const files = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, everyOther]));
  expect(leastCovered({ percent: 50, files })).toMatch(
    /^`a` \(lines 1, 3, 5, 7, 9, \.\.\.\), .*`c` .* and 2 more files$/,
  );
});

it("is empty where no line is named", () => {
  expect(leastCovered({ percent: 50, files: {} })).toBe("");
});
