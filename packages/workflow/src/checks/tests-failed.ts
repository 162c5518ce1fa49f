import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";

export const testsFailed = ungatheredCheck({
  name: "tests_failed",
  passesWhen: "at least one test failed",
  needs: ["evidence"],
  source: "evidence",
  fields: [...resultFields.failed, ...resultFields.exitCode, ...resultFields.someFailed],
  judgeReport(input) {
    const reports = reportedResults(input);
    const failing = reports.some(({ failed, exitCode, allPassed }) =>
      failed === null ? allPassed === false || (exitCode !== null && exitCode !== 0) : failed > 0,
    );
    if (failing) return pass();
    return fail(`no artifact reports a failed test; looked for ${fieldNames("failed", "exitCode", "someFailed")}`);
  },
});
