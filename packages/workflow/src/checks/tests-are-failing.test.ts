import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../compile/compile-workflow.ts";
import { redIdentitiesOf } from "../evidence/red.ts";
import { loadWorkflow } from "../load-workflow.ts";
import { changed, type CheckCase, baseTree, judge } from "./testing/check-case.ts";
import { atRed, now, onBase, redFile, redTest } from "./testing/run-case.ts";

const old = { "test/old.test.ts": { adds: "passed", parses: "failed" } } as const;
const base = onBase(old);
const newTest = [changed("test/new.test.ts", "added")];

const red = (given: Partial<CheckCase>) =>
  judge("tests_are_failing", { phase: "TDD", changes: newTest, ...given, paths: ["src/a.ts", "test/old.test.ts"] });

describe("red passes when", () => {
  test.each<[rule: string, given: Partial<CheckCase>]>([
    [
      "a test in a new test file fails",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": { divides: "failed", halves: "passed" } }) } },
    ],
    [
      "a test in a changed test file fails, though it passed on the base",
      {
        changes: [changed("test/old.test.ts")],
        evidence: { base, red: atRed({ "test/old.test.ts": { adds: "failed", parses: "failed" } }) },
      },
    ],
    [
      "a test of an unchanged file fails by rows or a snapshot that changed",
      {
        changes: [changed("test/rows.json"), ...newTest],
        evidence: {
          base,
          red: atRed({
            "test/old.test.ts": { adds: "failed", parses: "failed" },
            "test/new.test.ts": { divides: "passed" },
          }),
        },
      },
    ],
    [
      "the file does not load, because what it imports does not exist yet",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": "outside" }) } },
    ],
    [
      "the file does not load and the format cannot tell why",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": "unclassified" }) } },
    ],
    [
      "one file fails in itself and another is red",
      {
        changes: [...newTest, changed("test/bad.test.ts", "added")],
        evidence: { base, red: atRed({ ...old, "test/new.test.ts": "outside", "test/bad.test.ts": "in_test" }) },
      },
    ],
    [
      "a test in an unchanged file failed on the base and fails still",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": { divides: "failed" } }) } },
    ],
    [
      "one broken file stops the whole run, so that other identities are unknown",
      { evidence: { base, red: atRed({ "test/new.test.ts": "outside" }, { stoppedEarly: true }) } },
    ],
    [
      "a changed file lost a test: that is for green to ask about",
      {
        changes: [changed("test/old.test.ts")],
        evidence: { base, red: atRed({ "test/old.test.ts": { divides: "failed" } }) },
      },
    ],
    [
      "the base has no test file, and its run no report",
      {
        evidence: {
          base: onBase({}, { status: "no_report", exitCode: 1 }),
          red: atRed({ "test/new.test.ts": "outside" }),
        },
        sinceBase: [...newTest, changed("test/old.test.ts", "added")],
      },
    ],
    [
      "names of an unstable file differ from the base, and as many of its tests pass",
      {
        evidence: {
          base,
          red: atRed(
            { "test/old.test.ts": { "adds 17:03": "passed", parses: "failed" }, "test/new.test.ts": "outside" },
            { unstableFiles: ["test/old.test.ts"] },
          ),
        },
      },
    ],
    [
      "the format names no file, and a new test fails",
      {
        evidence: {
          base: onBase({ "": { adds: "passed" } }),
          red: atRed({ "": { adds: "passed", divides: "failed" } }),
        },
      },
    ],
    [
      "the format names no file, and only changed tests can have broken what passed",
      { evidence: { base: onBase({ "": { suite: "passed" } }), red: atRed({ "": { suite: "failed" } }) } },
    ],
    [
      "a test in an unchanged file is flaky: that is no failure",
      {
        evidence: {
          base,
          red: atRed({ ...old, "test/new.test.ts": "outside" }, { flaky: ["test/old.test.ts > adds"] }),
        },
      },
    ],
  ])("%s", (_, given) => {
    expect(red(given)).toMatchObject({ passed: true, evidenceId: "evd_01" });
  });
});

describe("red does not pass when", () => {
  test.each<[rule: string, given: Partial<CheckCase>, message: RegExp]>([
    ["nothing was run", {}, /no test was run/u],
    ["the base was not run", { evidence: { red: atRed({ "test/new.test.ts": "outside" }) } }, /not run on the base/u],
    ["RED was not run", { evidence: { base } }, /not run on the base with the changes/u],
    [
      "only the current tree was run, with implementation in it",
      { evidence: { base, current: now({ ...old, "test/new.test.ts": { divides: "failed" } }) } },
      /not run on the base with the changes/u,
    ],
    [
      "the run on the base is one of another tree",
      { evidence: { base: now(old), red: atRed({ ...old, "test/new.test.ts": "outside" }) } },
      /another tree/u,
    ],
    [
      "no test fails",
      { evidence: { base: onBase({}), red: atRed({ "test/new.test.ts": { divides: "passed" } }) } },
      /no test is red/u,
    ],
    [
      "the failing test is in an unchanged file and failed on the base",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": { divides: "passed" } }) } },
      /no test file that this task added or changed/u,
    ],
    ...["test/helper.ts", "test/conftest.py"].map((helper): [string, Partial<CheckCase>, RegExp] => [
      `a test of an unchanged file fails, and \`${helper}\` was changed beside rows of data`,
      {
        changes: [changed("test/rows.json"), changed(helper)],
        evidence: { base, red: atRed({ "test/old.test.ts": { adds: "failed", parses: "failed" } }) },
      },
      /do not pass now/u,
    ]),
    [
      "a test of an unchanged file is gone since rows of data were changed",
      {
        changes: [changed("test/rows.json"), ...newTest],
        evidence: {
          base,
          red: atRed({ "test/old.test.ts": { parses: "failed" }, "test/new.test.ts": { divides: "failed" } }),
        },
      },
      /are not in this run/u,
    ],
    [
      "the failing test is in a changed file that is no test file",
      {
        changes: [changed("test/new.test.ts", "added")],
        sinceBase: [changed("src/self-check.ts", "added")],
        evidence: { base, red: atRed({ ...old, "src/self-check.ts": { divides: "failed" } }) },
      },
      /no test file that this task added or changed/u,
    ],
    [
      "the failing test file is one that this phase may not write, so that it is not in the run's tree",
      {
        changes: [changed("lib/new.test.ts", "added")],
        evidence: { base, red: atRed({ ...old, "lib/new.test.ts": { divides: "failed" } }) },
      },
      /no test file that this task added or changed/u,
    ],
    [
      "the failure lies in the test file itself",
      { evidence: { base, red: atRed({ ...old, "test/new.test.ts": "in_test" }) } },
      /`test\/new.test.ts` lies in the test itself/u,
    ],
    [
      "the only failing test is flaky",
      {
        evidence: {
          base,
          red: atRed({ ...old, "test/new.test.ts": { divides: "passed" } }, { flaky: ["test/new.test.ts > divides"] }),
        },
      },
      /flaky tests are never red/u,
    ],
    [
      "the only failing test is one that was flaky on the base",
      {
        changes: [changed("test/old.test.ts")],
        evidence: {
          base: onBase({ "test/old.test.ts": { adds: "passed" } }, { flaky: ["test/old.test.ts > adds"] }),
          red: atRed({ "test/old.test.ts": { adds: "failed" } }),
        },
      },
      /flaky tests are never red/u,
    ],
    [
      "a test in an unchanged file passed on the base and fails",
      {
        evidence: {
          base,
          red: atRed({ "test/old.test.ts": { adds: "failed", parses: "failed" }, "test/new.test.ts": "outside" }),
        },
      },
      /unchanged files passed on the base.*`test\/old.test.ts > adds`/u,
    ],
    [
      "a test in an unchanged file passed on the base and is skipped",
      {
        evidence: { base, red: atRed({ "test/old.test.ts": { adds: "skipped" }, "test/new.test.ts": "outside" }) },
      },
      /unchanged files passed on the base/u,
    ],
    [
      "an unchanged file loaded on the base and does not now",
      { evidence: { base, red: atRed({ "test/old.test.ts": "outside", "test/new.test.ts": "outside" }) } },
      /unchanged files passed on the base/u,
    ],
    [
      "a run that stopped early still names a failure in an unchanged file",
      {
        evidence: {
          base,
          red: atRed({ "test/old.test.ts": { adds: "failed" }, "test/new.test.ts": "outside" }, { stoppedEarly: true }),
        },
      },
      /unchanged files passed on the base/u,
    ],
    [
      "the format names no file, and the phase changed more than tests",
      {
        phase: "IMPL",
        changes: [changed("src/new.test.ts", "added"), changed("src/a.ts")],
        evidence: { base: onBase({ "": { suite: "passed" } }), red: atRed({ "": { suite: "failed" } }) },
      },
      /passed on the base/u,
    ],
    [
      "the format names no file, and new files beside it break a test of the base",
      {
        evidence: {
          base: onBase({ "": { adds: "passed", halves: "passed" } }),
          red: atRed({ "": { adds: "passed", halves: "failed", divides: "passed" } }),
        },
      },
      /passed on the base/u,
    ],
    [
      "the format names no file, and what fails did so on the base",
      {
        evidence: {
          base: onBase({ "": { adds: "passed", halves: "failed" } }),
          red: atRed({ "": { adds: "passed", halves: "failed", divides: "passed" } }),
        },
      },
      /no test is red/u,
    ],
    [
      "the names of an unstable file differ, and fewer of its tests pass",
      {
        evidence: {
          base,
          red: atRed(
            { "test/old.test.ts": { parses: "failed" }, "test/new.test.ts": "outside" },
            { unstableFiles: ["test/old.test.ts"] },
          ),
        },
      },
      /unchanged files passed on the base/u,
    ],
    [
      "the base has test files and its run wrote no report",
      {
        evidence: { base: onBase({}, { status: "no_report" }), red: atRed({ "test/new.test.ts": "outside" }) },
      },
      /what passed on the base is not known/u,
    ],
    ...(["timed_out", "no_report", "report_invalid", "contradiction", "setup_failed", "prepare_failed"] as const).map(
      (status): [string, Partial<CheckCase>, RegExp] => [
        `the run ended as ${status}, whatever it names`,
        { evidence: { base, red: atRed({ ...old, "test/new.test.ts": "outside" }, { status }) } },
        /./u,
      ],
    ),
    [
      "the run ended with an error that its report does not name",
      { evidence: { base, red: atRed({ "test/new.test.ts": { divides: "passed" } }, { exitCode: 2 }) } },
      /exit code 2, though its report names no failure/u,
    ],
  ])("%s", (_, given, message) => {
    const outcome = red(given);
    expect(outcome).toMatchObject({ passed: false });
    expect(outcome.passed || outcome.message).toMatch(message);
  });
});

describe("what red says besides", () => {
  test.each([
    [
      "where the tests did not compile, how such are red",
      { status: "no_report", exitCode: 2 },
      /ended with exit code 2/,
      /preset `exit-code`/,
    ],
    [
      "where failures end with 0, that the command is to be mended",
      { status: "contradiction", exitCode: 0 },
      /contradict/,
      /another code than 0/,
    ],
    [
      "where the report is broken, where to see it",
      { status: "report_invalid" },
      /cannot be read/,
      /`output` of `run_tests`/,
    ],
  ] as const)("%s", (_, ended, message, hint) => {
    const outcome = red({ evidence: { base, red: atRed({ ...old }, ended) } });
    expect(outcome).toMatchObject({
      passed: false,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("where nothing fails at all, that a task which changes no behaviour needs another workflow", () => {
    const outcome = red({ evidence: { base: onBase({}), red: atRed({ "test/new.test.ts": { divides: "passed" } }) } });
    expect(outcome).toMatchObject({ passed: false, hint: expect.stringContaining("needs another workflow") });
  });

  test("`unclassified`, where the format cannot tell why a file does not load", () => {
    const evidence = { base, red: atRed({ ...old, "test/new.test.ts": "unclassified" }) };
    expect(red({ evidence }).findings).toEqual([
      {
        name: "unclassified",
        severity: "info",
        message: "`unclassified`: counted as red, though the report does not tell why `test/new.test.ts` did not load",
        evidenceId: "evd_01",
      },
    ]);
  });

  test("nothing of the kind where the cause is known", () => {
    const evidence = { base, red: atRed({ ...old, "test/new.test.ts": "outside" }) };
    expect(red({ evidence })).toEqual({
      passed: true,
      note: "red: `test/new.test.ts`",
      evidenceId: "evd_01",
      findings: [],
    });
  });
});

test("what is red is kept with the content of its file, a file that does not load as one identity", () => {
  const outcome = loadWorkflow({ file: "w.yaml", text: "name: x\nphases: [{ id: A }]\n", resolve: () => null });
  if (!outcome.ok) throw new Error("it does not load");
  const changes = [...newTest, changed("test/more.test.ts", "added")];
  const reds = redIdentitiesOf({
    facts: {
      tree: {
        digest: baseTree,
        unsupported: [],
        litter: [],
        paths: [],
        differences: { [baseTree]: { from: baseTree, changes, contents: {} } },
      },
      evidence: {
        base: onBase({}),
        red: atRed({ "test/new.test.ts": { divides: "failed", halves: "passed" }, "test/more.test.ts": "outside" }),
      },
    },
    baseTree,
    isTestFile: (path) => compileWorkflow(outcome.stored).isTestFile(path),
    mayWrite: () => true,
  });
  expect(reds).toEqual([redTest("test/new.test.ts", "divides"), redFile("test/more.test.ts")]);
});

test.each<[runner: string, message: string]>([
  ["no red is a test of node:test that is expected to fail and does not", "test was expected to fail but passed"],
  ["no red is a test of vitest that is expected to fail and does not", "Error: Expect test to fail"],
  [
    "no red is a test of jest that is expected to fail and does not",
    "Error: Failing test passed even though it was supposed to fail. Remove `.failing` to remove error.",
  ],
  ["no red is a test of pytest that is expected to fail and does not", "[XPASS(strict)] later"],
  ["no red is a test of unittest that is expected to fail and does not", "unexpected success"],
])("%s", (_, message) => {
  const run = atRed({ "test/new.test.ts": { adds: "failed" } });
  const red = { ...run, cases: run.cases.map((one) => ({ ...one, message })) };
  const given = { changes: [changed("test/new.test.ts", "added")], paths: ["test/new.test.ts"] };
  expect(judge("tests_are_failing", { phase: "TDD", ...given, evidence: { base: onBase({}), red } })).toMatchObject({
    passed: false,
    message: expect.stringContaining("expected to fail is never red") as string,
  });
});
