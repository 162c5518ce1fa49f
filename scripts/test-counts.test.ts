import { expect, test } from "vitest";
import { countTests } from "./test-counts.mjs";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((status) => ({ status })),
});

test("passed, failed and skipped tests are counted over all files", () => {
  const report = { testResults: [file("passed", "passed", "skipped", "todo"), file("failed", "failed", "passed")] };
  expect(countTests(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test("a file that does not load is a failure although none of its tests ran", () => {
  expect(countTests({ testResults: [file("failed")] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
