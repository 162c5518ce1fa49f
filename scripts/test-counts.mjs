/** Counts the tests of a vitest JSON report. A file that failed without a failing test of its own counts as one failure. */
export function countTests(report) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
  return {
    passed: count("passed"),
    failed: count("failed") + brokenFiles.length,
    skipped: count("skipped", "pending", "todo", "disabled"),
  };
}
