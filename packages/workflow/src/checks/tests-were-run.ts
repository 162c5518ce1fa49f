import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, testsRun, resultFields } from "./reported-results.ts";

export const testsWereRun = ungatheredCheck({
  name: "tests_were_run",
  passesWhen: "at least one test ran",
  needs: ["evidence"],
  source: "evidence",
  fields: [...resultFields.run, ...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode],
  judgeReport(input) {
    const reports = reportedResults(input);
    if (reports.some((report) => (testsRun(report) ?? (report.exitCode === null ? 0 : 1)) > 0)) return pass();
    return fail(`no artifact reports a test that ran; looked for ${fieldNames("run", "passed", "failed", "exitCode")}`);
  },
});
