import { describe, expect, test } from "vitest";
import { changed, type CheckCase, judge } from "./testing/check-case.ts";

describe.each<[check: string, good: CheckCase, bad: CheckCase]>([
  ["only_allowed_paths_changed", { changes: [] }, { changes: [changed("test/a.ts")] }],
  [
    "only_allowed_paths_changed",
    { changes: [changed("src/a.ts")] },
    { changes: [changed("src/a.ts"), changed("README.md")] },
  ],
  [
    "only_allowed_paths_changed",
    { changes: [changed("test/a.ts")], phase: "TDD" },
    { changes: [], unsupported: [{ path: "src/pipe", reason: "fifo" }] },
  ],
  ["tests_unchanged_since", { changes: [changed("src/a.ts")] }, { changes: [changed("test/a.ts")] }],
  [
    "tests_unchanged_since",
    { sinceFreeze: [changed("src/a.ts")] },
    { sinceFreeze: [changed("test/b.ts", "added")], changes: [] },
  ],
  [
    "tests_unchanged_since",
    { sinceFreeze: [], parameters: { phase: "TDD" } },
    { sinceFreeze: [changed("test/a.ts", "deleted")], parameters: { phase: "TDD" } },
  ],
  [
    "tests_exist",
    { paths: ["test/a.ts"], artifacts: { tests: { test_files: ["test/a.ts"] } } },
    { paths: ["test/a.ts"], artifacts: { tests: { test_files: ["test/a.ts", "test/b.ts"] } } },
  ],
  [
    "tests_exist",
    { paths: ["test/a.ts"], artifacts: { tests: { tests: [{ file: "./test/a.ts::rejects" }] } } },
    { paths: [], artifacts: { tests: { test_files: [{ path: "/workspace/test/a.ts" }] } } },
  ],
  [
    "tests_exist",
    { paths: ["test/a.ts", "src/a.ts"], artifacts: { tests: { files_created: ["src/a.ts", "test/a.ts"] } } },
    { paths: ["package.json"], artifacts: { tests: { test_files: ["package.json"] } } },
  ],
  ["tests_exist", { changes: [changed("test/a.ts", "added")] }, { changes: [changed("src/a.ts", "added")] }],
  ["tests_exist", { changes: [changed("test/a.ts")] }, { changes: [changed("test/a.ts", "deleted")] }],
  ["implementation_exists", { changes: [changed("src/a.ts", "added")] }, { changes: [changed("test/a.ts", "added")] }],
  [
    "implementation_exists",
    { changes: [], sinceBase: [changed("src/a.ts")] },
    { changes: [changed("src/a.ts", "added")], sinceBase: [changed("src/a.ts", "deleted")] },
  ],
  ["has_files_changed", { changes: [changed("src/a.ts")] }, { changes: [] }],
  [
    "has_files_changed",
    { changes: [changed("src/a.ts", "deleted")] },
    { changes: [], artifacts: { i: { files_changed: ["src/a.ts"] } } },
  ],
  [
    "test_files_follow_convention",
    { changes: [changed("test/a.ts", "added"), changed("src/contest.ts", "added")] },
    { changes: [changed("src/user-test.ts", "added")] },
  ],
  [
    "test_files_follow_convention",
    { changes: [] },
    { changes: [], artifacts: { tests: { test_files: ["checks/a.ts"] } } },
  ],
  [
    "no_commented_out_code",
    {
      changes: [changed("src/a.ts")],
      contents: { "src/a.ts": { before: "", after: "// why this is so\n// and not otherwise\nf();\n" } },
    },
    {
      changes: [changed("src/a.ts")],
      contents: { "src/a.ts": { before: "", after: "// const a = f();\n// return a;\n" } },
    },
  ],
  ["no_commented_out_code", { changes: [] }, { changes: [changed("src/a.ts")] }],
])("%s", (check, good, bad) => {
  test(`passes on ${JSON.stringify(good).slice(0, 100)}`, () => {
    expect(judge(check, good)).toMatchObject({ passed: true });
  });
  test(`fails on ${JSON.stringify(bad).slice(0, 100)}`, () => {
    expect(judge(check, bad).passed).toBe(false);
  });
  test("does not pass when the tree was not read", () => {
    expect(judge(check, { artifacts: { any: { test_files: ["test/a.ts"] } } }).passed).toBe(false);
    expect(judge(check, {}).passed).toBe(false);
  });
});

test("a path that the phase may not change is named with the way out", () => {
  expect(judge("only_allowed_paths_changed", { changes: [changed("test/a.ts")] })).toEqual({
    passed: false,
    message: "phase `IMPL` may not change 1 path that changed: `test/a.ts`",
    hint: "change it in phase `TDD`; putting it back to its entry content with `restore_files` is always allowed",
  });
});

test("a file that an artifact names wrongly as changed is noted, not blocked", () => {
  const outcome = judge("has_files_changed", {
    changes: [changed("src/a.ts")],
    artifacts: { implementation: { files_changed: ["src/a.ts", "src/b.ts"] } },
  });
  expect(outcome).toEqual({ passed: true, note: "named as changed, yet the same as in the base: `src/b.ts`" });
});

test("a file whose text was not read is said to be not judged", () => {
  expect(judge("no_commented_out_code", { changes: [changed("src/a.ts")] })).toEqual({
    passed: false,
    message: "not judged, since no text was read of `src/a.ts`",
  });
});

describe.each(["tests_exist_for_acceptance_criteria", "tests_cover_acceptance_criteria"])("%s", (check) => {
  const plan = { acceptance_criteria: [{ id: "AC-1", criterion: "rejects empty names" }, "keeps long names"] };
  const paths = ["test/a.ts", "test/b.ts"];

  test.each([
    [
      {
        tests: [
          { file: "test/a.ts", covers: ["AC-1"] },
          { file: "test/b.ts", criterion: "keeps long names" },
        ],
      },
    ],
    [{ tests: [{ path: "test/a.ts", criteria: ["ac_1", 2] }] }],
    [{ test_files: ["test/a.ts"], criteria_covered: ["AC-1", "Keeps long names"] }],
    [{ criteria_coverage: { "AC-1": "test/a.ts", "AC-2": ["test/b.ts"] } }],
  ])("passes when every criterion has a test: %j", (tests) => {
    expect(judge(check, { paths, artifacts: { plan, tests } })).toEqual({ passed: true });
  });

  test("a criterion may name its tests itself", () => {
    const own = { acceptance_criteria: [{ criterion: "rejects empty names", tests: ["test/a.ts"] }] };
    expect(judge(check, { paths, artifacts: { plan: own } })).toEqual({ passed: true });
  });

  test("names the criteria without a test", () => {
    const tests = { tests: [{ file: "test/a.ts", covers: ["AC-1"] }] };
    expect(judge(check, { paths, artifacts: { plan, tests } })).toMatchObject({
      passed: false,
      message: "acceptance criteria without a test: `keeps long names`",
    });
  });

  test("a test that is not in the tree covers nothing", () => {
    const tests = { tests: [{ file: "test/zzz.ts", covers: ["AC-1", "AC-2"] }] };
    expect(judge(check, { paths, artifacts: { plan, tests } })).toMatchObject({
      passed: false,
      message: "named test files are not in the tree: `test/zzz.ts`",
    });
    const map = { criteria_coverage: { "AC-1": "test/zzz.ts", "AC-2": "test/b.ts" } };
    expect(judge(check, { paths, artifacts: { plan, tests: map } }).passed).toBe(false);
  });

  test("a file that is no test covers nothing", () => {
    const others = ["package.json", "src/a.ts", "src/latest.ts"];
    for (const tests of [
      { tests: others.map((file) => ({ file, covers: ["AC-1", "AC-2"] })) },
      { test_files: others, criteria_covered: ["AC-1", "AC-2"] },
    ]) {
      expect(judge(check, { paths: [...paths, ...others], artifacts: { plan, tests } })).toMatchObject({
        passed: false,
        message:
          "acceptance criteria without a test: `AC-1`, `keeps long names`; no test files: `package.json`, `src/a.ts`, `src/latest.ts`",
      });
    }
    for (const file of ["Shop.Tests/Price.cs", "src/priceSpec.hs", "src/price.rs"]) {
      const tests = { tests: [{ file, covers: [1, 2] }], files_created: ["src/a.ts"] };
      expect(judge(check, { paths: [file, "src/a.ts"], artifacts: { plan, tests } })).toEqual({ passed: true });
    }
  });

  test("what an earlier phase handed over says which criteria there are", () => {
    const own = { acceptance_criteria: ["keeps long names"], tests: [{ file: "test/a.ts", covers: [1] }] };
    const artifacts = { implementation: own, test_results: plan };
    expect(judge(check, { phase: "IMPL", paths, artifacts })).toMatchObject({ passed: false });
    expect(judge(check, { phase: "IMPL", paths, artifacts: { implementation: own } })).toEqual({ passed: true });
  });

  test("does not pass without criteria or without the tree", () => {
    expect(judge(check, { paths, artifacts: { tests: { test_files: ["test/a.ts"] } } }).passed).toBe(false);
    expect(judge(check, { artifacts: { plan, tests: { test_files: ["test/a.ts"] } } }).passed).toBe(false);
  });
});
