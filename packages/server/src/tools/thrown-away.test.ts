import { expect, it } from "vitest";
import { thrownAwayWarnings } from "./thrown-away.ts";

const workflow = { isScratch: (path: string) => path.startsWith("coverage/") };

it("names what a command changed in a phase that may write nothing, at most three paths", () => {
  expect(thrownAwayWarnings({ thrown_away: ["src/a", "src/b", "src/c", "src/d"] }, workflow, "PLAN")).toEqual([
    "phase `PLAN` may write nothing: what the command changed was thrown away: `src/a`, `src/b`, `src/c` and 1 more; write in a phase that may",
  ]);
});

it("says nothing where nothing was changed, or scratch alone", () => {
  expect(thrownAwayWarnings(null, workflow, "PLAN")).toEqual([]);
  expect(thrownAwayWarnings({ exit_code: 0 }, workflow, "PLAN")).toEqual([]);
  expect(thrownAwayWarnings({ thrown_away: ["coverage/lcov.info"] }, workflow, "PLAN")).toEqual([]);
});
