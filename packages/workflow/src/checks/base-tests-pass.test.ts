import type { JsonValue, TestRun, TreeDigest } from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { changed, judge } from "./testing/check-case.ts";
import { onBase, type RunFiles } from "./testing/run-case.ts";

const file = "test/tax.test.ts";
const laidTree = digestBytes("base tests") as TreeDigest;
const base = onBase({ [file]: { small: "passed", large: "passed", known: "failed" } });

function check(
  files: RunFiles | null,
  more: {
    readonly run?: Partial<TestRun>;
    readonly base?: TestRun;
    readonly removed?: JsonValue;
    readonly failedEarlier?: readonly string[];
  } = {},
) {
  return judge("base_tests_pass", {
    paths: [file],
    changes: [changed("src/tax.ts")],
    artifacts: more.removed === undefined ? {} : { removed_tests: more.removed },
    evidence: {
      base: more.base ?? base,
      ...(more.failedEarlier ? { baseTestsFailedEarlier: more.failedEarlier } : {}),
      ...(files === null ? {} : { baseTests: onBase(files, { tree: laidTree, ...more.run }) }),
    },
  });
}

describe("tests that passed on the base must pass on the product with the base's own tests:", () => {
  test("all of them that pass are right, whatever failed on the base", () => {
    expect(check({ [file]: { small: "passed", large: "passed", known: "failed" } })).toMatchObject({
      passed: true,
      findings: [],
    });
  });

  test.each<[rule: string, files: RunFiles, message: string]>([
    [
      "one that fails there is refused, though what the task wrote beside it lets it pass",
      { [file]: { small: "passed", large: "failed" } },
      "do not pass: `test/tax.test.ts > large`",
    ],
    [
      "one that is skipped there is refused",
      { [file]: { small: "skipped", large: "passed" } },
      "do not pass: `test/tax.test.ts > small`",
    ],
    [
      "one that did not run there is refused",
      { [file]: { large: "passed" } },
      "do not pass: `test/tax.test.ts > small`",
    ],
    ["a file that does not load there is named once", { [file]: "outside" }, "do not load: `test/tax.test.ts`"],
  ])("%s", (_, files, problem) => {
    expect(check(files)).toMatchObject({
      passed: false,
      message: `tests of the base, as the base has them, on this product: ${problem}`,
    });
  });

  test("what the task gives up by name is no objection, and is told", () => {
    const files: RunFiles = { [file]: { small: "passed", large: "failed" } };
    expect(check(files, { removed: [`${file} > large`] })).toMatchObject({
      passed: true,
      findings: [{ name: "removed_tests", severity: "warning" }],
    });
    expect(check(files, { removed: [`${file} > small`] }).passed).toBe(false);
  });

  test("a refusal writes out what would be given up", () => {
    const outcome = check({ [file]: { small: "passed", large: "failed" } });
    expect(outcome.passed || outcome.hint).toContain('`["test/tax.test.ts > large"]`');
  });

  test("tests with other names in each run are held by their number in the file", () => {
    const names = { unstableFiles: [file] };
    const unsteady = onBase({ [file]: { "at 1": "passed", "at 2": "passed" } }, names);
    expect(check({ [file]: { "at 3": "passed", "at 4": "passed" } }, { base: unsteady, run: names }).passed).toBe(true);
    expect(check({ [file]: { "at 3": "passed" } }, { base: unsteady, run: names })).toMatchObject({ passed: false });
  });

  test("a test with a name of its own beside them is held by that name, and can be given up by it", () => {
    const names = { unstableFiles: [file] };
    const before = onBase({ [file]: { "at 1": "passed", fast: "passed" } }, names);
    const runs = { base: before, run: names };
    const after: RunFiles = { [file]: { "at 2": "passed", fast: "failed" } };
    expect(check(after, runs)).toMatchObject({ passed: false, hint: expect.stringContaining("> fast") });
    expect(check(after, { ...runs, removed: [`${file} > fast`] }).passed).toBe(true);
    expect(check({ [file]: { fast: "failed" } }, { ...runs, removed: [`${file} > fast`] }).passed).toBe(false);
  });

  test("one that passes now and failed before on this very tree, or in this run, is told", () => {
    const files: RunFiles = { [file]: { small: "passed", large: "passed" } };
    const told = [{ name: "flaky", severity: "warning" }];
    expect(check(files, { failedEarlier: [`${file} > large`] })).toMatchObject({ passed: true, findings: told });
    expect(check(files, { run: { flaky: [`${file} > large`] } })).toMatchObject({ passed: true, findings: told });
    const asOnBase = onBase({ [file]: { large: "passed" } }, { flaky: [`${file} > large`] });
    expect(check(files, { base: asOnBase, run: { flaky: [`${file} > large`] } }).findings).toEqual([]);
  });

  test("a base without a test that passes has none to lose", () => {
    expect(check({}, { base: onBase({ [file]: { known: "failed" } }), run: { status: "no_report" } }).passed).toBe(
      true,
    );
  });

  test.each<[rule: string, files: RunFiles | null, run: Partial<TestRun>, message: RegExp]>([
    ["that was not made", null, {}, /were not run on this product/u],
    ["that left no report", {}, { status: "no_report" }, /on this product: .*no report/u],
    ["that did not end in time", {}, { status: "timed_out" }, /did not end in time/u],
  ])("a run %s is refused", (_, files, run, message) => {
    const outcome = check(files, { run });
    expect(outcome.passed || outcome.message).toMatch(message);
  });
});
