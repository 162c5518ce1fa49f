import type { CheckInput, CheckOutcome } from "./definition.ts";
import { counted, fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, testsRun } from "./reported-results.ts";

/** Passes when every reported run has tests, none of which failed. */
export function judgeReportedPass(input: CheckInput): CheckOutcome {
  const reports = reportedResults(input);
  if (reports.length === 0) {
    return fail(
      `no artifact reports a test run; looked for ${fieldNames("passed", "failed", "exitCode", "allPassed")}`,
    );
  }
  for (const report of reports) {
    const { artifact, passed, failed, exitCode, allPassed } = report;
    if (failed !== null && failed > 0) return fail(`\`${artifact}\` reports ${counted(failed, "failing test")}`);
    if (exitCode !== null && exitCode !== 0) return fail(`\`${artifact}\` reports exit code ${exitCode}`);
    if (allPassed === false) return fail(`\`${artifact}\` reports that tests fail`);
    if (passed === 0 || testsRun(report) === 0) return fail(`\`${artifact}\` reports that no test passed`);
    if (failed === null && exitCode === null && allPassed === null) {
      return fail(`\`${artifact}\` does not say whether tests failed; looked for ${fieldNames("failed", "exitCode")}`);
    }
  }
  return pass();
}
