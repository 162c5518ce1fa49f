import { expect, it } from "vitest";
import { judgeReport } from "../evidence/judge-report.ts";
import { printedFailures } from "./printed-failures.ts";

it.each([
  ["vitest", " Test Files  1 failed (1)\n      Tests  1 failed | 2 passed (3)\n   Start at  02:00:00\n", 1],
  ["vitest without a failure", " Test Files  1 passed (1)\n      Tests  3 passed | 1 skipped (4)\n", 0],
  ["pytest", "FAILED tests/test_a.py::test_a\n========= 2 failed, 1 passed in 0.12s =========\n", 2],
  ["pytest without a failure", "============ 1 passed, 1 warning in 61.12s (0:01:01) ============\n", 0],
  ["jest", "Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 passed, 3 total\nSnapshots:   0 total\n", 1],
  ["node --test", "ℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\n", 1],
  ["the last of several", "      Tests  1 failed (1)\n      Tests  1 passed (1)\n", 0],
  ["something else", "Tests that failed: 3\n3 failed\nTests  are many (7) of them\n", null],
])("the failures that %s printed are told", (_, output, failures) => {
  expect(printedFailures(output)).toBe(failures);
});

const report = (inner: string) =>
  `<testsuites><testsuite name="a"><testcase name="t">${inner}</testcase></testsuite></testsuites>`;

it.each([
  ["a report without the failure that was printed", "", 0, "      Tests  1 failed (1)\n", "contradiction"],
  ["a report with it", "<failure/>", 1, "      Tests  1 failed (1)\n", "completed"],
  ["a report of a pass, and a printed pass", "", 0, "      Tests  1 passed (1)\n", "completed"],
  ["a report of a pass, and what a test printed before", "", 0, "ℹ fail 1\n      Tests  1 passed (1)\n", "completed"],
])("%s is judged so", async (_, inner, exitCode, printed, status) => {
  const about = { workspace: "/workspace", cwd: "", exitCode, output: printed };
  const request = { format: "junit", files: [], about, isTestFile: () => true, printed };
  expect((await judgeReport(request, () => Promise.resolve(report(inner)))).status).toBe(status);
});
