import type { JsonValue, RedIdentity, TestRun, TreeDigest } from "@phasegate/wire";
import { digestBytes } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { filesToRunWithout } from "../evidence/base-tests.ts";
import { changed, judge } from "./testing/check-case.ts";
import { now, onBase, redFile, redTest, type RunFiles } from "./testing/run-case.ts";

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
    readonly current?: TestRun;
    readonly beside?: readonly string[];
    readonly reds?: readonly RedIdentity[];
  } = {},
) {
  return judge("base_tests_pass", {
    paths: [file],
    changes: [changed("src/tax.ts"), changed(file)],
    beside: more.beside ?? [],
    artifacts: more.removed === undefined ? {} : { removed_tests: more.removed },
    evidence: {
      base: more.base ?? base,
      redIdentities: more.reds ?? [],
      ...(more.current ? { current: more.current } : {}),
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
      "fail: `test/tax.test.ts > large`, of which the first says `expected 1 to be 2`",
    ],
    [
      "one that is skipped there is refused",
      { [file]: { small: "skipped", large: "passed" } },
      "are skipped: `test/tax.test.ts > small`",
    ],
    [
      "one that did not run there is refused",
      { [file]: { large: "passed" } },
      "did not run, though their files are there: `test/tax.test.ts > small`",
    ],
    [
      "a file that does not load there is named once",
      { [file]: "outside" },
      "do not load: `test/tax.test.ts`, of which the first says `cannot load`",
    ],
  ])("%s", (_, files, problem) => {
    expect(check(files)).toMatchObject({
      passed: false,
      message: `tests of the base, as the base has them, on this product: ${problem}; this task changed of their files \`${file}\``,
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

  test.each<[string, Partial<TestRun>, boolean]>([
    ["pytest", { exitCode: 5, output: "collected 0 items\n===== no tests ran in 0.28s =====" }, true],
    ["unittest", { exitCode: 5, output: "Ran 0 tests in 0.000s\n\nNO TESTS RAN" }, true],
    ["vitest", { exitCode: 1, output: "No test files found, exiting with code 1\n\ninclude: **" }, true],
    ["jest", { exitCode: 1, status: "no_report", output: "No tests found, exiting with code 1" }, true],
    ["one that says something else", { exitCode: 1, output: "no such file" }, false],
    ["one that could not begin", { exitCode: 4, output: "===== no tests ran in 0.28s =====" }, false],
  ])("a base with helpers alone, in which no test was found by %s, has none to lose", (_, run, isEmpty) => {
    expect(check(null, { base: onBase({}, run) }).passed).toBe(isEmpty);
  });

  test("a run that was not made is refused", () => {
    const outcome = check(null);
    expect(outcome.passed || outcome.message).toBe("the tests of the base were not run on this product");
  });

  test.each<[rule: string, files: RunFiles, run: Partial<TestRun>, message: string, step: string]>([
    [
      "did not end is refused with what it printed last",
      {},
      { status: "timed_out", output: "test/a.test.js error 1\ntest/tax.test.ts .\nended after 5 s" },
      "they did not end in time, and printed `test/tax.test.ts .` last; this task changed of their files `test/tax.test.ts`",
      "let what they call end; `GET /tasks/{task_id}/evidence` holds what they printed, as `evd_01`; ",
    ],
    [
      "used too much is refused",
      {},
      { status: "over_limit", output: "too much memory" },
      "they used more than a run may; this task changed of their files `test/tax.test.ts`",
      "let what they call use less; ",
    ],
    [
      "does not build is refused with the first error",
      {},
      {
        status: "no_report",
        exitCode: 2,
        output: "cc -c a.c\na.c:3: error: no `tax`\nmake: *** Error 1\nthe run left no tap report",
      },
      "they do not build or start: no report was written, and the command ended with exit code 2, and printed `a.c:3: error: no 'tax'`",
      "keep what they are built with and what they load; ",
    ],
    [
      "has no test runner is refused with what it lacks",
      {},
      { status: "no_report", exitCode: 1, problem: "`vitest` is not installed", output: "npx canceled" },
      "their test runner does not start: `vitest` is not installed",
      "put back what this task took from it; ",
    ],
    [
      "could not be prepared is refused",
      {},
      { status: "prepare_failed", exitCode: 2, output: "src/a.ts(1,1): error TS2305\n`evidence.tests.prepare` failed" },
      "they could not be prepared with exit code 2, and printed `src/a.ts(1,1): error TS2305`",
      "repair what `evidence.tests.prepare` builds; ",
    ],
    [
      "had no setup is refused",
      {},
      { status: "setup_failed", exitCode: null, output: "npm error 404" },
      "`workspace.setup` failed",
      "repair the manifests and locks that this task changed; ",
    ],
    [
      "contradicts itself is refused",
      { [file]: { small: "passed", large: "passed" } },
      { status: "contradiction", exitCode: 1, problem: "exit code 1 with no failure in the report" },
      "what they reported cannot be taken: exit code 1 with no failure in the report",
      "let the product neither write the report nor end the process of the tests; ",
    ],
    [
      "stopped early is refused with what it stopped at",
      {},
      { stoppedEarly: true },
      "did not run, since the run stopped before them: `test/tax.test.ts > small`, `test/tax.test.ts > large`",
      "repair what it stopped at; ",
    ],
  ])("a run that %s, and all can be given up", (_, files, run, message, step) => {
    const outcome = check(files, { run });
    expect(outcome.passed || outcome.message).toContain(
      `tests of the base, as the base has them, on this product: ${message}`,
    );
    expect(outcome.passed || outcome.hint).toContain(step);
    expect(outcome.passed || outcome.hint).toContain('`["test/tax.test.ts > small","test/tax.test.ts > large"]`');
    const given = check(files, { run, removed: [`${file} > small`, `${file} > large`] });
    expect(given).toMatchObject({ passed: true, findings: [{ name: "removed_tests", severity: "warning" }] });
    expect(check(files, { run, removed: [`${file} > small`] }).passed).toBe(false);
  });

  test("where one file keeps the others from being known, those that this task changed are to be given up, and left out", () => {
    const [other, kept] = ["test/other.test.ts", "test/kept.test.ts"];
    const files: RunFiles = { [file]: { small: "passed", large: "failed" }, [kept]: { stays: "passed" } };
    const outcome = check({}, { base: onBase(files), run: { status: "timed_out" } });
    expect(outcome.passed || outcome.hint).toMatch(
      /`\["test\/tax\.test\.ts > small"\]`; a file of which all are named is left out, and the others are run without it$/,
    );
    const runs = { base: onBase(files), baseTests: onBase({}, { status: "timed_out" as const }) };
    const without = (removed: readonly string[], baseTests = runs.baseTests) => [
      ...filesToRunWithout({ artifacts: { removed_tests: [...removed] } }, { ...runs, baseTests }),
    ];
    expect(without([`${file} > small`])).toEqual([file]);
    expect(without([`${file} > small`], onBase({ [other]: "outside" }, { stoppedEarly: true }))).toEqual([file]);
    expect(without([`${file} > large`])).toEqual([]);
    const half = { base, baseTests: runs.baseTests };
    expect(filesToRunWithout({ artifacts: { removed_tests: [`${file} > small`] } }, half).size).toBe(0);
    expect(without([`${file} > small`], onBase({ [file]: { small: "failed" } }))).toEqual([]);
    const again = check({ [kept]: { stays: "passed" } }, { base: onBase(files), removed: [`${file} > small`] });
    expect(again).toMatchObject({ passed: true, findings: [{ name: "removed_tests" }] });
  });

  test("one that was red as the task changed it, and passes so, is no objection, and is told", () => {
    const files: RunFiles = { [file]: { small: "passed", large: "failed" } };
    const current = now({ [file]: { small: "passed", large: "passed" } });
    expect(check(files, { current, reds: [redTest(file, "large")] })).toMatchObject({
      passed: true,
      findings: [
        {
          name: "rewritten_tests",
          severity: "warning",
          message: "red as this task has them, and not passing as the base has them: `test/tax.test.ts > large`",
        },
      ],
    });
    expect(check(files, { current, reds: [redTest(file, "small")] }).passed).toBe(false);
    expect(check(files, { current, reds: [redFile(file)] }).passed).toBe(false);
    expect(check(files, { reds: [redTest(file, "large")] }).passed).toBe(false);
    expect(check(files, { current: now(files), reds: [redTest(file, "large")] }).passed).toBe(false);
  });

  test("what fails and did not on the base is refused though no test that passed has its name, such as a suite's hook", () => {
    const files: RunFiles = {
      [file]: { small: "passed", large: "passed", known: "failed", "taxes > after": "failed" },
    };
    const outcome = check(files);
    expect(outcome.passed || outcome.message).toContain(
      `: fail, and did not on the base: \`${file} > taxes > after\`, of which the first says \`expected 1 to be 2\``,
    );
    expect(check(files, { removed: [`${file} > taxes > after`] }).passed).toBe(true);
    const whole: RunFiles = { [file]: { small: "passed", large: "passed" }, "test/more.test.ts": "outside" };
    expect(check(whole)).toMatchObject({
      passed: false,
      message: expect.stringContaining("do not load: `test/more.test.ts`"),
    });
    const hooked = { unloadedFiles: [{ file, message: "hook failed", cause: "unclassified" as const }], exitCode: 1 };
    const passing: RunFiles = { [file]: { small: "passed", large: "passed" } };
    expect(check(passing, { run: hooked })).toMatchObject({
      passed: false,
      message: expect.stringContaining(
        `fail as files, beside their tests: \`${file}\`, of which the first says \`hook failed\``,
      ),
    });
    const noted = onBase({ [file]: { small: "passed", large: "passed" }, "test/more.test.ts": "outside" });
    expect(check(whole, { base: noted }).passed).toBe(true);
  });

  test("a crash is told where a failure that the base has too explains the exit code", () => {
    const files: RunFiles = { [file]: { small: "passed", large: "passed", known: "failed" } };
    expect(check(files, { run: { output: "Segmentation fault" } }).findings).toMatchObject([
      { name: "failed_on_base", severity: "warning", message: expect.stringContaining(": `Segmentation fault`") },
    ]);
    const current = now(files, { output: "Segmentation fault" });
    const beside = { current, beside: ["all_tests_pass"] };
    expect(check(files, { ...beside, run: { output: "Segmentation fault" } }).findings).toEqual([]);
    const unread = { status: "contradiction", exitCode: 2, output: "Segmentation fault" } as const;
    expect(check({}, { run: unread }).findings).toEqual([]);
  });

  test("tests in files that the task left alone, which pass only beside its tests, are told as such", () => {
    const other = "test/layout.test.ts";
    const runs = { base: onBase({ [other]: { known: "passed" } }), current: now({ [other]: { known: "passed" } }) };
    const outcome = check({ [other]: { known: "failed" } }, runs);
    const told = "as they are they pass only beside what this task put among the tests";
    expect(outcome.passed || outcome.hint).toMatch(/^let them pass without what this task put among the tests; /);
    const hung = check({}, { ...runs, run: { status: "timed_out" } });
    expect(hung.passed || hung.message).not.toContain(told);
    expect(outcome.passed || outcome.message).toMatch(new RegExp(`; ${told}: \`test/layout\\.test\\.ts > known\`$`));
    expect(check({ [other]: { known: "failed" } }, { ...runs, removed: [`${other} > known`] }).findings).toMatchObject([
      { message: `${told}, and are given up as the base has them: \`${other} > known\`` },
    ]);
  });

  test.each<[rule: string, output: string, passed: boolean]>([
    ["node", "Error: 50.00% line coverage does not meet threshold of 90%.", true],
    ["vitest and c8", "ERROR: Coverage for lines (50%) does not meet global threshold (90%)", true],
    ["jest", 'Jest: "global" coverage threshold for lines (90%) not met: 50%', true],
    ["pytest-cov", "FAIL Required test coverage of 90% not reached. Total coverage: 50.00%", true],
    ["coverage.py", "Coverage failure: total of 50 is less than fail-under=90", true],
    ["nobody", "Error: exit 1", false],
  ])("an error for what new code is not covered, as %s prints it, is none", (_, output, passed) => {
    const run = { status: "contradiction", exitCode: 1, output } as const;
    const whole = check(
      { [file]: { small: "passed", large: "passed" } },
      { run, failedEarlier: ["all tests (exit 1)"] },
    );
    expect(whole).toMatchObject(passed ? { passed, findings: [] } : { passed });
    expect(check({ [file]: { small: "passed", large: "failed" } }, { run }).passed).toBe(false);
    expect(check({}, { run }).passed).toBe(false);
  });

  test("what is gone and given up is told once, by `green` where that judges beside", () => {
    const removed = [`${file} > small`, `${file} > large`];
    const given = (more: object) => check({ [file]: { small: "failed", large: "failed" } }, { removed, ...more });
    const current = onBase({ [file]: { small: "passed" } });
    expect(given({ current }).findings).toMatchObject([{ message: expect.stringMatching(/small.*large/) }]);
    expect(given({ current, beside: ["all_tests_pass"] }).findings).toMatchObject([
      {
        name: "removed_tests",
        message: "as the base has them they do not pass on this product, and are given up: `test/tax.test.ts > small`",
      },
    ]);
  });
});
