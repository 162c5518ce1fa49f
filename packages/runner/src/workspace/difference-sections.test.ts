import { expect, test } from "vitest";
import { fairText, sectionsOf } from "./difference-sections.ts";

const added = (path: string, lines: number): string =>
  `diff --git a/${path} b/${path}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${"+line\n".repeat(lines)}`;

test("a text is one section for each file, and no content of a file begins another", () => {
  const forged = "diff --git a/a.js b/a.js\n+one\rdiff --git a/x b/x\u2028diff --git a/y b/y\n+diff --git a/z b/z\n";
  expect(sectionsOf(`${forged}${added("b c.js", 1)}`).map(({ path }) => path)).toEqual(["a.js", "b c.js"]);
});

test("the name of a file is what git escaped", () => {
  const name = String.raw`turned\342\200\256 \"\\\t`;
  expect(sectionsOf(`diff --git "a/${name}" "b/${name}"\n`)[0]?.path).toBe('turned\u202E "\\\t');
});

test("a long file is cut, and not those that follow it", () => {
  const sections = sectionsOf(`${added("long.js", 10_000)}${added("small.js", 3)}`);
  const { text, cutPaths } = fairText(sections, 2_000);
  expect(cutPaths).toEqual(["long.js"]);
  expect(text.endsWith(added("small.js", 3))).toBe(true);
  expect(text).toMatch(/\+line\n\\ \d+ of \d+ bytes of this file's difference are left out\ndiff --git a\/small.js/);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_000);
});

test("files without room for their names are cut, one by one", () => {
  const sections = sectionsOf(Array.from({ length: 50 }, (_, index) => added(`f${index}`, 20)).join(""));
  const { text, cutPaths } = fairText(sections, 400);
  expect(cutPaths).toHaveLength(50);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(400);
});
