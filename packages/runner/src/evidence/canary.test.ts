import type { TestCase, TestOutcome } from "@phasegate/wire";
import { describe, expect, it, test } from "vitest";
import { canaryTemplate } from "./canary-template.ts";
import { judgeCanary, printedRefusal } from "./judge-canary.ts";

describe("a command has a template where it plainly is a runner that chooses all tests itself", () => {
  it.each([
    ["npx vitest run --reporter=junit --outputFile.junit={report}", "vitest"],
    ["npx jest --json --outputFile={report}", "jest"],
    ["node --test --test-reporter=junit --test-reporter-destination={report}", "node"],
    ["COVERAGE_FILE={coverage}/data python3 -m coverage run -m pytest --junitxml={report}", "pytest"],
    ["python3 -m unittest -v", "unittest"],
    ["COVERAGE_FILE={coverage}/data python3 -m coverage run -m unittest -v", "unittest"],
  ])("%s", (command, runner) => {
    expect(canaryTemplate(command)?.runner).toBe(runner);
  });
  it.each([
    "npm test",
    "node test.js",
    "npx vitest run -t adds",
    "python3 -m pytest -m fast",
    "python3 -m unittest tests.test_add",
    "node --test --test-name-pattern=a",
    "npx vitest run | tee log",
    "go test -json ./...",
  ])("not %s", (command) => {
    expect(canaryTemplate(command)).toBeNull();
  });
});

test.each([
  ["tests/test_add.py", true],
  ["tests.py", true],
  ["tests/contract.py", false],
])("unittest looks for tests in `%s`: %s", (file, isLookedFor) => {
  expect(canaryTemplate("python3 -m unittest -v")?.fileName.test(file)).toBe(isLookedFor);
});

const planted = (outcome: TestOutcome, file = "a.test.js"): TestCase => ({
  identity: `${file} > xyz throw`,
  file,
  name: "xyz throw",
  outcome,
  message: null,
});

test.each<[string, readonly TestCase[], Partial<Parameters<typeof judgeCanary>[1]>, string]>([
  ["all failed", [planted("failed"), planted("failed", "b.test.js")], {}, "failed_as_it_must"],
  ["one passed beside failures", [planted("failed"), planted("passed")], {}, "passed"],
  ["none in one file", [planted("failed")], {}, "missing"],
  ["skipped in one file", [planted("failed"), planted("skipped", "b.test.js")], {}, "missing"],
  [
    "none in one file, and the run ends at a failure",
    [planted("failed")],
    { stopsAtFailure: true },
    "failed_as_it_must",
  ],
  ["none at all, though the run ends at a failure", [], { stopsAtFailure: true }, "missing"],
  ["none, where tests are chosen by mark", [], { selects: true }, "not_applicable"],
  ["one passed, where tests are chosen by mark", [planted("passed")], { selects: true }, "passed"],
])("tests that must fail, %s", (_, cases, more, outcome) => {
  const report = { token: "xyz", files: ["a.test.js", "b.test.js"], selects: false, stopsAtFailure: false, ...more };
  expect(judgeCanary({ status: "completed", cases }, report).outcome).toBe(outcome);
});

test("a run with tests that must fail has to leave a report, whatever its exit code", () => {
  const report = { token: "xyz", files: ["a.test.js"], selects: true, stopsAtFailure: false };
  expect(judgeCanary({ status: "no_report", cases: [] }, report).outcome).toBe("missing");
  expect(judgeCanary({ status: "contradiction", cases: [planted("failed")] }, report).outcome).toBe(
    "failed_as_it_must",
  );
});

test.each<[string, number, readonly TestCase[], string, string | null]>([
  [
    "a usage error that names it",
    4,
    [],
    "ERROR: a.test.js::Testxyz::test has no mark",
    "ERROR: a.test.js::Test::test has no mark",
  ],
  ["a usage error of something else", 4, [], "ERROR: unknown option", null],
  ["a run that succeeded", 0, [], "xyzxyz was left out", null],
  ["a run that reported it as skipped", 1, [planted("skipped")], "xyzxyz was skipped", null],
  ["a run that reported it of another file", 1, [planted("failed", "b.test.js")], "no mark: `xyz`", "no mark: ''"],
])("what is printed of a refusal by %s", (_, exitCode, cases, output, printed) => {
  const report = { token: "xyz", files: ["a.test.js"] };
  expect(printedRefusal({ exitCode, cases, output }, report)).toBe(printed);
});
