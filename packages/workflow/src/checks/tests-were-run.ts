import { currentRun } from "../evidence/subject.ts";
import { executedTests } from "../evidence/test-runs.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, testsRun, resultFields } from "./reported-results.ts";

export const testsWereRun = gatheredCheck({
  name: "tests_were_run",
  passesWhen: "at least one test ran",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.run, ...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode],
  judge(input) {
    const run = currentRun(evidenceSubject(input));
    if (!run.ok) return fail(run.problem);
    const { evidenceId } = run.value;
    return executedTests(run.value) > 0 ? { ...pass(), evidenceId } : { ...fail("no test ran"), evidenceId };
  },
  judgeReport(input) {
    const reports = reportedResults(input);
    if (reports.some((report) => (testsRun(report) ?? (report.exitCode === null ? 0 : 1)) > 0)) return pass();
    return fail(`no artifact reports a test that ran; looked for ${fieldNames("run", "passed", "failed", "exitCode")}`);
  },
});
