import { expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { covering, now } from "../checks/testing/run-case.ts";

const files = { "src/a.js": { covered: [1], uncovered: [] } };

function findings(path: string, text: string, before: string | null = null) {
  const sinceBase = [changed(path, before === null ? "added" : "modified")];
  const evidence = { current: now({ "test/a.test.js": { a: "passed" } }, { coverage: covering(files) }) };
  const contents = { [path]: { before, after: text } };
  const outcome = judge("coverage_threshold_met", { changes: [], sinceBase, contents, evidence });
  expect(outcome.passed).toBe(true);
  return outcome.findings?.map(({ name, severity, message }) => `${severity} ${name}: ${message}`);
}

test.each([
  "/* node:coverage disable */",
  "/* node:coverage ignore next 30 */",
  "/* v8 ignore next */",
  "/* c8 ignore start */",
  "// istanbul ignore file",
  "def a(): # pragma: no cover",
  "// LCOV_EXCL_START",
])("a new `%s` is named by file and line", (line) => {
  expect(findings("src/a.js", `const a = 1;\n${line}\n`)).toEqual([
    "warning coverage_excluded: new comments take lines out of the coverage: `src/a.js:2`",
  ]);
});

test("a comment that the base has too, a word that only looks so and a test file say nothing", () => {
  const old = "/* v8 ignore next */\nconst a = 1;\n";
  expect(findings("src/a.js", `const b = 2;\n${old}`, old)).toEqual([]);
  expect(findings("src/a.js", "// what v8 ignores, disables and covers\n")).toEqual([]);
  expect(findings("test/b.test.js", "/* v8 ignore next */\n")).toEqual([]);
});

test("a changed file that no test loads is named, where others of its kind are counted", () => {
  expect(findings("src/b.js", "export const b = 1;\n")).toEqual([
    "warning coverage_unmeasured: changed, and in no count of the coverage: `src/b.js`",
  ]);
  expect(findings("src/b.json", "{}")).toEqual([]);
});
