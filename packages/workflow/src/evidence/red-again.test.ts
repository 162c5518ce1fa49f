import type { RedIdentity, TestRun } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { changed, judge } from "../checks/testing/check-case.ts";
import { atRed, now, onBase, redAgain, redFile, redTest, redTree, type RunFiles } from "../checks/testing/run-case.ts";
import { treesToBeRedAgain } from "./red-again.ts";

const file = "test/new.test.ts";
const base = onBase({ "test/old.test.ts": { adds: "passed" } });
const old = { "test/old.test.ts": { adds: "passed" } } as const;
const good = now({ ...old, [file]: { divides: "passed" } });
const reds = [redTest(file, "divides")];

function check(
  name: string,
  runs: { readonly reds?: readonly RedIdentity[]; readonly current?: TestRun; readonly again?: readonly TestRun[] },
) {
  const evidence = {
    base,
    redIdentities: runs.reds ?? reds,
    current: runs.current ?? good,
    ...(runs.again ? { redAgain: runs.again } : {}),
  };
  return judge(name, { changes: [], sinceBase: [changed(file, "added"), changed("src/a.ts")], evidence });
}

describe("green asks whether red tests fail still on the tree on which they were red:", () => {
  test.each<[rule: string, files: RunFiles, more?: Partial<TestRun>]>([
    ["one that passes there, as when it failed until some hour", { [file]: { divides: "passed" } }],
    ["one that is skipped there", { [file]: { divides: "skipped", halves: "failed" } }],
    ["one that is gone there, while nothing else of its file fails", { [file]: { halves: "passed" } }],
    ["one that passes there the second time", { [file]: { divides: "passed" } }, { flaky: [`${file} > divides`] }],
  ])("%s, is refused", (_, files, more) => {
    const again = atRed({ ...old, ...files }, more);
    expect(check("all_tests_pass", { again: [again] })).toMatchObject({
      passed: false,
      message:
        "pass or are gone without the implementation, on the very tree on which they were red: `test/new.test.ts > divides`",
    });
  });

  test("a file that loads there now, and did not, is refused; one that still does not is right", () => {
    const given = { reds: [redFile(file)] };
    const loads = atRed({ ...old, [file]: { divides: "passed" } });
    expect(check("all_tests_pass", { ...given, again: [loads] }).passed).toBe(false);
    expect(check("all_tests_pass", { ...given, again: redAgain(given.reds) }).passed).toBe(true);
  });

  test("a test that fails there is right, and so is one whose file does not load there any more", () => {
    expect(check("all_tests_pass", { again: redAgain(reds) }).passed).toBe(true);
    expect(check("all_tests_pass", { again: [atRed({ ...old, [file]: "outside" })] }).passed).toBe(true);
  });

  test.each<[rule: string, again: readonly TestRun[] | undefined, message: RegExp]>([
    ["was not made", undefined, /not run again on the tree/u],
    ["is one of another tree", [onBase({ [file]: { divides: "failed" } })], /not run again on the tree/u],
    ["did not end in time", [atRed({}, { status: "timed_out" })], /did not end in time/u],
    ["left no report", [atRed({}, { status: "no_report", problem: "`vitest` is not installed" })], /not installed/u],
  ])("a run there that %s is refused", (_, again, message) => {
    const outcome = check("all_tests_pass", again ? { again } : {});
    expect(outcome.passed || outcome.message).toMatch(message);
  });
});

test("red tests that an earlier version recorded without their tree are refused, with what to do, and nothing is run for them", () => {
  // As it stands in the ledger of that version.
  const recorded = JSON.parse(
    '{"content":"11","file":"test/new.test.ts","identity":"test/new.test.ts > divides","wholeFile":false}',
  ) as RedIdentity;
  expect(treesToBeRedAgain([recorded], good)).toEqual([]);
  expect(treesToBeRedAgain([recorded, redTest(file, "halves")], good)).toEqual([]);
  expect(check("all_tests_pass", { reds: [recorded], again: [] })).toMatchObject({
    passed: false,
    message: "recorded by an earlier version, without the tree on which they were red: `test/new.test.ts > divides`",
    hint: "go back by a rework transition to the phase that wrote them, and pass its gate again",
  });
  expect(check("no_skipped_tests", { reds: [recorded], again: [] }).passed).toBe(true);
});

describe("red tests whose names differ between two runs of one tree", () => {
  const named = [redTest(file, "takes 3 ms"), redTest(file, "gives 1 ms")];
  const again = [atRed({ ...old, [file]: { "takes 4 ms": "failed", "gives 2 ms": "failed" } })];

  test.each(["all_tests_pass", "no_skipped_tests"])("are held by file in `%s`", (name) => {
    const current = now({ ...old, [file]: { "takes 5 ms": "passed", "gives 3 ms": "passed" } });
    expect(check(name, { reds: named, again, current })).toMatchObject({ passed: true });
  });

  test("are named, since others stand for them", () => {
    const current = now({ ...old, [file]: { "takes 5 ms": "passed", "gives 3 ms": "passed" } });
    const told =
      "not in this run by name, since names in their files differ from run to run; as many others pass there";
    expect(check("all_tests_pass", { reds: named, again, current }).findings).toMatchObject([
      {
        name: "unstable_names",
        severity: "warning",
        message: `${told}: \`${file} > takes 3 ms\`, \`${file} > gives 1 ms\``,
      },
    ]);
  });

  test("are not named where they are of the base, in a file that the task left as it was", () => {
    const base = onBase({ ...old, "test/clock.test.js": { "ticks at 1": "passed" } });
    const current = now({
      ...old,
      "test/clock.test.js": { "ticks at 2": "passed" },
      [file]: { "gives 1 ms": "passed" },
    });
    const evidence = { base, current, redIdentities: [named[1]!], redAgain: again };
    const outcome = judge("all_tests_pass", { phase: "IMPL", sinceBase: [changed(file, "added")], evidence });
    expect(outcome.findings?.filter(({ name }) => name === "unstable_names")).toEqual([]);
  });

  test("are not named where this run has them", () => {
    const current = now({ ...old, [file]: { "takes 3 ms": "passed", "gives 1 ms": "passed" } });
    expect(check("all_tests_pass", { reds: named, again, current }).findings).toEqual([]);
  });

  test.each(["all_tests_pass", "no_skipped_tests"])("must be as many in `%s`", (name) => {
    const current = now({ ...old, [file]: { "takes 5 ms": "passed" } });
    expect(check(name, { reds: named, again, current })).toMatchObject({ passed: false });
  });

  test("must be as many on their own tree", () => {
    const current = now({ ...old, [file]: { "takes 5 ms": "passed", "gives 3 ms": "passed" } });
    const fewer = [atRed({ ...old, [file]: { "takes 4 ms": "failed", "gives 2 ms": "passed" } })];
    expect(check("all_tests_pass", { reds: named, again: fewer, current })).toMatchObject({ passed: false });
  });
});

describe("trees on which red tests run again", () => {
  test("are those of all red tests, each once", () => {
    const other = { ...redTest(file, "halves"), tree: base.tree };
    expect(treesToBeRedAgain([...reds, redFile(file), other], good)).toEqual([redTree, base.tree]);
    expect(treesToBeRedAgain([], good)).toEqual([]);
  });

  test.each<[rule: string, current: TestRun]>([
    ["a red test fails", now({ [file]: { divides: "failed" } })],
    ["a red test is skipped", now({ [file]: { divides: "skipped" } })],
    ["a red file does not load", now({ [file]: "outside" })],
    ["there is no report", now({}, { status: "no_report" })],
    ["tests that must fail passed", { ...good, canary: { outcome: "passed", seen: "x" } }],
  ])("are none where %s: it is not green whatever comes of them", (_, current) => {
    expect(treesToBeRedAgain(reds, current)).toEqual([]);
  });
});
