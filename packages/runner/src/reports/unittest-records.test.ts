import { expect, it } from "vitest";
import { ReportError } from "./report-format.ts";
import { unittestRecords } from "./unittest-records.ts";

const context = {
  workspace: "/workspace",
  cwd: "",
  exitCode: 0,
  output: "",
  isFile: (file: string) => file === "tests/test_a.py",
};

function told(records: readonly (readonly unknown[])[]): readonly string[] {
  const text = records.map((record) => JSON.stringify(record)).join("\n");
  const report = unittestRecords.parse(text, context);
  return [
    ...(report?.cases ?? []).map(({ outcome, file, identity }) => `${outcome}: ${identity} in ${String(file)}`),
    ...(report?.unloaded ?? []).map(({ file }) => `unloaded: ${file}`),
  ];
}

const title = (name: string) => `test_${name} (tests.test_a.TestA)`;
const ran = (name: string, ...endings: readonly string[]) => [
  ["start", name, title(name)],
  ...endings.map((ending) => [ending, title(name), "why"]),
  ["stop", name],
];
const [plan, end] = [
  ["plan", ["a", "b"]],
  ["end", false],
];

it.each<[rule: string, records: readonly (readonly unknown[])[], expected: readonly string[]]>([
  [
    "tests that pass, fail in body and cleanup, or in a part",
    [
      ["plan", ["a", "b", "c"]],
      ...ran("a", "passed"),
      ...ran("b", "failed", "failed"),
      ...ran("c", "part skipped", "part failed"),
      end,
    ],
    ["passed", "failed", "failed"].map(
      (outcome, at) => `${outcome}: tests.test_a.TestA > test_${"abc"[at] ?? ""} in tests/test_a.py`,
    ),
  ],
  [
    "tests that a failed hook of their class kept from running",
    [plan, ["failed", "setUpClass (tests.test_a.TestA)", "why"], end],
    ["failed: tests.test_a.TestA in tests/test_a.py"],
  ],
  [
    "a test that is skipped before it begins",
    [["plan", ["a"]], ["skipped", title("a"), ""], ["stop", "a"], end],
    ["skipped: tests.test_a.TestA > test_a in tests/test_a.py"],
  ],
  [
    "a module whose hook failed",
    [plan, ["failed", "setUpModule (tests.test_a)", "why"], end],
    ["unloaded: tests/test_a.py"],
  ],
  [
    "a module that did not load",
    [
      ["plan", ["x"]],
      ["start", "x", "tests.test_b (unittest.loader._FailedTest)"],
      ["failed", "tests.test_b (unittest.loader._FailedTest)", "why"],
      ["stop", "x"],
      end,
    ],
    ["unloaded: tests.test_b"],
  ],
  [
    "a run that was told to stop",
    [plan, ...ran("a", "failed"), ["end", true]],
    ["failed: tests.test_a.TestA > test_a in tests/test_a.py"],
  ],
  [
    "tests of suites that choose for themselves",
    [["plan", null], ...ran("z", "todo"), end],
    ["todo: tests.test_a.TestA > test_z in tests/test_a.py"],
  ],
])("%s are told", (_, records, expected) => {
  expect(told(records)).toEqual(expected);
});

it.each<[rule: string, records: readonly (readonly unknown[])[]]>([
  ["the end is missing", [plan, ...ran("a", "passed"), ...ran("b", "passed")]],
  ["a test is still running", [plan, ["start", "a", title("a")], end]],
  ["something stands behind the end", [plan, ...ran("a", "passed"), ...ran("b", "passed"), end, ...ran("a", "passed")]],
  ["a test passed and was skipped", [plan, ...ran("a", "passed", "skipped"), ...ran("b", "passed"), end]],
  ["a test passed and failed", [plan, ...ran("a", "passed", "failed"), ...ran("b", "passed"), end]],
  ["a test has no end", [plan, ...ran("a"), ...ran("b", "passed"), end]],
  ["a test ran that was not loaded", [plan, ...ran("a", "passed"), ...ran("b", "passed"), ...ran("c", "passed"), end]],
  ["a loaded test did not run", [plan, ...ran("a", "passed"), end]],
  ["a test began within another", [plan, ["start", "a", title("a")], ...ran("b", "passed"), ["stop", "a"], end]],
  ["another test stopped", [plan, ["start", "a", title("a")], ["stop", "b"], end]],
  ["a test passed that did not run", [plan, ["passed", title("b"), ""], ...ran("a", "passed"), end]],
  [
    "code under test changed unittest",
    [plan, ...ran("a", "passed"), ["changed", "TestCase.run"], ...ran("b", "passed"), end],
  ],
  [
    "code under test reported a success",
    [plan, ["forged", "shop/a.py"], ...ran("a", "passed"), ...ran("b", "passed"), end],
  ],
  ["a record is of no known kind", [plan, ["won", "a"], end]],
])("a report is refused where %s", (_, records) => {
  expect(() => told(records)).toThrow(ReportError);
});

it("what is no list is refused, and nothing is no report", () => {
  expect(() => unittestRecords.parse("{}", context)).toThrow(ReportError);
  expect(() => unittestRecords.parse("[", context)).toThrow(ReportError);
  expect(unittestRecords.parse("", context)).toBeNull();
});
