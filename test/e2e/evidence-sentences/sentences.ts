import type { JsonValue } from "@phasegate/wire";
import type { Files, Language, OneTest } from "./languages.ts";

export interface Step {
  readonly check: string;
  /** Written before the gate is asked; what earlier steps wrote stays. */
  readonly write?: Files;
  readonly artifacts?: Readonly<Record<string, JsonValue>>;
  readonly passes: boolean;
  /** Stands in the message of a gate that refuses. */
  readonly says?: string;
  /** Names of all findings, in the order of the alphabet. */
  readonly findings?: readonly string[];
  /** Red identities that the gate found. */
  readonly red?: readonly string[];
}

export interface Sentence {
  readonly number: string;
  readonly text: string;
  readonly on: readonly Language["preset"][];
  readonly project?: "plain" | "covered" | "retried" | "unstable" | "stopping";
  readonly steps: (language: Language) => readonly Step[];
}

const everywhere = ["node", "vitest", "pytest", "unittest"] as const;
const cheap = ["node", "unittest"] as const;
const red = "tests_are_failing";
const green = "all_tests_pass";

/** The base of the plain project: tests that pass, fail and are skipped, and one that needs a helper. */
export function baseFiles(l: Language): Files {
  return {
    [l.sourcePath("sum")]: l.source({ add: "value + 1" }),
    [l.testPath("sum")]: addTest(l),
    [l.testPath("old")]: l.tests([{ name: "fails on the base", holds: "1 == 2" }]),
    [l.testPath("asleep")]: l.tests([{ name: "sleeps", holds: "1 == 1", skippedWhen: "1 == 1" }]),
    [l.helperPath("helper")]: l.source({}, { one: "1" }),
    [l.testPath("helped")]: l.tests([{ name: "needs help", holds: "one == 1" }], {
      from: "helper",
      names: "one",
      isTest: true,
    }),
  };
}

const adds = { name: "adds", holds: "add(1) == 2" };
const addTest = (l: Language, tests: readonly OneTest[] = [adds]) => l.tests(tests, { from: "sum", names: "add" });
const doubles = { name: "doubles", holds: "double(2) == 4" };
const double = (l: Language, value = "value * 2"): Files => ({ [l.sourcePath("double")]: l.source({ double: value }) });
/** A new test whose module is not there yet. */
const newTest = (l: Language, tests: readonly OneTest[] = [doubles], names = "double"): Files => ({
  [l.testPath("double")]: l.tests(tests, { from: "double", names }),
});
/** A new test in a file that loads. */
const newFailing = (l: Language): Files => ({
  [l.testPath("more")]: addTest(l, [{ name: "adds more", holds: "add(1) == 3" }]),
});
const newSum = (l: Language): Files => ({ [l.sourcePath("sum")]: l.source({ add: "value + 2" }) });

/** Every sentence on RED, GREEN and test identity in the design of the workflow format, with what must come of it. */
export const sentences: readonly Sentence[] = [
  {
    number: "red 1",
    text: "RED is run on the base overlaid with the paths that this phase may write, so implementation that is already there after a rework is not in it",
    on: cheap,
    steps: (l) => [{ check: red, write: { ...newTest(l), ...double(l) }, passes: true, red: [l.testPath("double")] }],
  },
  {
    number: "red 2",
    text: "at least one test in a new or changed test file fails or errors",
    on: everywhere,
    steps: (l) => [
      { check: red, passes: false, says: "no test is red" },
      { check: red, write: newFailing(l), passes: true, red: [l.identity("more", "adds more")], findings: [] },
    ],
  },
  {
    number: "red 2",
    text: "at least one test in a new or changed test file fails or errors: also in one that was there",
    on: cheap,
    steps: (l) => [
      {
        check: red,
        write: { [l.testPath("sum")]: addTest(l, [adds, { name: "adds more", holds: "add(1) == 3" }]) },
        passes: true,
        red: [l.identity("sum", "adds more")],
      },
    ],
  },
  {
    number: "red 3",
    text: "or the file does not load (then the file is one red identity: the honest new test imports what does not exist yet)",
    on: everywhere,
    steps: (l) => [{ check: red, write: newTest(l), passes: true, red: [l.testPath("double")], findings: [] }],
  },
  {
    number: "red 4",
    text: "every test in an unchanged file that passed on the base passes",
    on: cheap,
    steps: (l) => [
      {
        check: red,
        write: { ...newFailing(l), [l.helperPath("helper")]: l.source({}, { one: "2" }) },
        passes: false,
        says: `passed on the base and do not pass now: \`${l.identity("helped", "needs help")}\``,
      },
    ],
  },
  {
    number: "red 5",
    text: "a failure that can be told to lie in the test file itself (syntax) does not count",
    on: everywhere,
    steps: (l) => [
      { check: red, write: { [l.testPath("double")]: l.syntaxError }, passes: false, says: "lies in the test itself" },
    ],
  },
  {
    number: "red 5",
    text: "a failure that can be told to lie in the test file itself (import between test files) does not count",
    on: everywhere,
    steps: (l) => [
      {
        check: red,
        write: { [l.testPath("double")]: l.tests([doubles], { from: "lost", names: "double", isTest: true }) },
        passes: false,
        says: "lies in the test itself",
      },
    ],
  },
  {
    number: "red 6",
    text: "where the format cannot tell, it counts and the evidence says `unclassified`",
    on: everywhere,
    steps: (l) => [
      {
        check: red,
        write: { [l.testPath("double")]: l.throwsAtLoad },
        passes: true,
        red: [l.testPath("double")],
        findings: ["unclassified"],
      },
    ],
  },
  {
    number: "red 7",
    text: "where one broken file stops the whole run, other identities are `unknown` here and demanded at GREEN",
    on: ["pytest"],
    project: "stopping",
    steps: (l) => [
      { check: red, write: newTest(l), passes: true, red: [l.testPath("double")] },
      {
        check: green,
        write: { ...double(l), [l.testPath("sum")]: null },
        passes: false,
        says: `passed before and are missing now: \`${l.identity("sum", "adds")}\``,
      },
    ],
  },
  {
    number: "green 1",
    text: "every red identity of this task passes",
    on: cheap,
    steps: (l) => [
      { check: red, write: newFailing(l), passes: true },
      { check: green, passes: false, says: `red and not passing: \`${l.identity("more", "adds more")}\`` },
      {
        check: green,
        write: { ...newSum(l), [l.testPath("sum")]: addTest(l, [{ name: "adds", holds: "add(1) > 2" }]) },
        passes: true,
        findings: ["failed_on_base", "rewritten_tests"],
      },
    ],
  },
  {
    number: "green 1",
    text: "on byte-identical files",
    on: cheap,
    steps: (l) => [
      { check: red, write: newTest(l), passes: true },
      {
        check: green,
        write: { ...double(l), [l.testPath("double")]: `${newTest(l)[l.testPath("double")] ?? ""}\n` },
        passes: false,
        says: `red test files have changed since: \`${l.testPath("double")}\``,
      },
    ],
  },
  {
    number: "green 2",
    text: "a red file loads",
    on: cheap,
    steps: (l) => [
      { check: red, write: newTest(l), passes: true },
      { check: green, passes: false, says: `red test files do not load: \`${l.testPath("double")}\`` },
    ],
  },
  {
    number: "green 2",
    text: "a red file holds at least one test",
    on: everywhere,
    steps: (l) => [
      { check: red, write: { [l.testPath("double")]: l.testsOfList("double", "cases") }, passes: true },
      {
        check: green,
        write: { [l.sourcePath("double")]: l.source({}, { cases: "[]" }) },
        passes: false,
        // vitest takes a file without tests for one that does not load.
        says: l.preset === "vitest" ? "red test files do not load" : "red test files hold no test",
      },
      {
        check: green,
        write: { [l.sourcePath("double")]: l.source({}, { cases: "[1, 2]" }) },
        passes: true,
        findings: ["failed_on_base", "weak_red"],
      },
    ],
  },
  {
    number: "green 2",
    text: "and none of its tests is skipped",
    on: cheap,
    steps: (l) => {
      const two = [doubles, { name: "doubles zero", holds: "double(0) == 1", skippedWhen: "off == 1" }];
      const module = (off: string) => ({ [l.sourcePath("double")]: l.source({ double: "value * 2" }, { off }) });
      return [
        { check: red, write: newTest(l, two, "double, off"), passes: true },
        { check: green, write: module("1"), passes: false, says: "red test files hold skipped tests" },
        { check: green, write: module("0"), passes: false, says: l.identity("double", "doubles zero") },
      ];
    },
  },
  {
    number: "green 3",
    text: "no test that passed on the base is missing, skipped or failing",
    on: cheap,
    steps: (l) => {
      const name = `\`${l.identity("sum", "adds")}\``;
      const asleep = addTest(l, [{ ...adds, skippedWhen: "1 == 1" }]);
      return [
        { check: green, write: { [l.testPath("sum")]: asleep }, passes: false, says: `are skipped now: ${name}` },
        { check: green, write: { [l.testPath("sum")]: null }, passes: false, says: `are missing now: ${name}` },
        {
          check: green,
          write: { [l.testPath("sum")]: addTest(l), ...newSum(l) },
          passes: false,
          says: `passed before and fail now: ${name}`,
        },
      ];
    },
  },
  {
    number: "green 3",
    text: "no test that passed earlier in this task is missing",
    on: cheap,
    steps: (l) => [
      { check: red, write: newTest(l), passes: true },
      { check: green, write: double(l), passes: true },
      {
        check: green,
        write: { [l.testPath("double")]: null },
        passes: false,
        says: `are missing now: \`${l.identity("double", "doubles")}\``,
      },
    ],
  },
  {
    number: "green 4",
    text: "one that failed on the base may fail still and is listed",
    on: cheap,
    steps: () => [{ check: green, passes: true, findings: ["failed_on_base"] }],
  },
  {
    number: "green 5",
    text: "a removed or renamed test needs its old identity in the artifact `removed_tests`, which the approver sees",
    on: cheap,
    steps: (l) => {
      const renamed = { [l.testPath("sum")]: addTest(l, [{ ...adds, name: "sums" }]) };
      const identity = l.identity("sum", "adds");
      return [
        { check: green, write: renamed, passes: false, says: `are missing now: \`${identity}\`` },
        { check: green, artifacts: { removed_tests: [`${identity} else`] }, passes: false, says: "are missing now" },
        {
          check: green,
          artifacts: { removed_tests: [identity] },
          passes: true,
          findings: ["failed_on_base", "removed_tests"],
        },
      ];
    },
  },
  {
    number: "green 6",
    text: "a test whose file did not load at RED must execute a line that changed since, else finding `weak_red`",
    on: ["node", "vitest"],
    project: "covered",
    steps: (l) => [
      { check: red, write: newTest(l), passes: true },
      { check: green, write: double(l), passes: true, findings: ["failed_on_base"] },
      // The module is there and runs nothing of its own; node counts its lines as executed when it is loaded.
      {
        check: green,
        write: { [l.sourcePath("double")]: 'export { twice as double } from "./base.js";\n' },
        passes: true,
        findings: l.preset === "vitest" ? ["failed_on_base", "weak_red"] : ["failed_on_base"],
      },
    ],
  },
  {
    number: "skipped 1",
    text: "none skipped, todo or deselected that ran before",
    on: everywhere,
    steps: (l) => {
      const check = "no_skipped_tests";
      const sum = (test: Partial<OneTest>) => ({ [l.testPath("sum")]: addTest(l, [{ ...adds, ...test }]) });
      return [
        { check, passes: true },
        { check, write: sum({ skippedWhen: "1 == 1" }), passes: false, says: "ran before and skipped now" },
        { check, write: sum({ todo: true, holds: "add(1) == 9" }), passes: false, says: "ran before and skipped now" },
        { check, write: { [l.testPath("sum")]: null }, passes: false, says: "ran before and not in this run" },
      ];
    },
  },
  {
    number: "run 1",
    text: "tests_were_run, tests_failed, tests_passed: as named",
    on: cheap,
    steps: (l) => [
      { check: "tests_were_run", passes: true },
      { check: "tests_failed", passes: true },
      { check: "tests_passed", passes: false, says: l.identity("old", "fails on the base") },
      { check: "tests_passed", write: { [l.testPath("old")]: null }, passes: true },
      { check: "tests_failed", passes: false, says: "no test failed" },
    ],
  },
  {
    number: "coverage 1",
    text: "coverage_threshold_met: line coverage at least `threshold`",
    on: ["node"],
    project: "covered",
    steps: (l) => {
      const unused = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, "value"]));
      const check = "coverage_threshold_met";
      return [
        { check, passes: true },
        {
          check,
          write: { [l.sourcePath("sum")]: l.source({ add: "value + 1", ...unused }) },
          passes: false,
          says: "line coverage is",
        },
      ];
    },
  },
  {
    number: "evidence 1",
    text: "evidence does not prove that product code left its own test process honest: that is for the reviewer",
    on: ["node"],
    steps: (l) => [
      { check: red, write: newTest(l), passes: true },
      { check: green, write: { [l.sourcePath("double")]: dishonest }, passes: true },
      {
        check: green,
        write: { [l.sourcePath("double")]: patching },
        passes: false,
        says: "tests that must fail were reported as passed",
      },
    ],
  },
  {
    number: "identity 1",
    text: "file where the format gives it, suite path, name, ordinal among equal names",
    on: ["node", "vitest"],
    steps: (l) => {
      const twice = [
        { name: "adds more", holds: "add(1) == 2" },
        { name: "adds more", holds: "add(1) == 3" },
      ];
      return [
        {
          check: red,
          write: { [l.testPath("more")]: addTest(l, twice) },
          passes: true,
          red: [`${l.identity("more", "adds more")} > #2`],
        },
      ];
    },
  },
  {
    number: "identity 2",
    text: "names that differ between two runs of one tree are unstable and compared by file",
    on: ["node"],
    project: "unstable",
    steps: (l) => [
      { check: green, write: double(l), passes: true },
      { check: green, write: { [l.testPath("clock")]: null }, passes: false, says: "missing now" },
      {
        check: green,
        write: { [l.testPath("clock")]: clock(l, "1 == 1").replace(/test\(.*\n/, "") },
        passes: false,
        says: "fewer tests pass than before",
      },
    ],
  },
  {
    number: "identity 3",
    text: "both outcomes on one tree is `flaky`: never RED",
    on: ["node"],
    project: "retried",
    steps: (l) => [
      { check: red, write: { [l.testPath("shaky")]: flaky }, passes: false, says: "flaky tests are never red" },
    ],
  },
  {
    number: "identity 4",
    text: "flaky passes GREEN only if it is unchanged and flaky on the base, else a warning",
    on: ["node"],
    project: "retried",
    steps: (l) => [
      { check: green, write: double(l), passes: true, findings: ["failed_on_base"] },
      {
        check: green,
        write: { [l.testPath("flaky")]: `${flaky}\n` },
        passes: true,
        findings: ["failed_on_base", "flaky"],
      },
    ],
  },
];

/** Product code that lets the first assertion of whoever imports it pass, and no other. */
const dishonest = `import assert from "node:assert";
const { ok } = assert;
assert.ok = () => { assert.ok = ok; };
export const double = () => 0;
`;

/** Product code that switches off the assertions of whoever imports it. */
const patching = `import assert from "node:assert";
assert.ok = () => {};
export const double = () => 0;
`;

/** Fails among others and passes alone: retries name the file. */
export const flaky = `import { readFileSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert";
test("is sometimes quick", () => {
  const started = readFileSync("/proc/" + process.ppid + "/cmdline", "utf8");
  assert.match(started, /flaky\\.test|shaky\\.test/);
});
`;

/** Two tests, one of which is never named as before. */
export function clock(l: Language, holds: string): string {
  return `${l.tests([{ name: "stands", holds }])}test("ticks at " + process.hrtime.bigint(), () => assert.ok(${holds}));\n`;
}
