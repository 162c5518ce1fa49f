import { currentRun } from "../evidence/subject.ts";
import { failuresIn } from "../evidence/test-runs.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";

export const testsFailed = gatheredCheck({
  name: "tests_failed",
  passesWhen: "at least one test failed",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.failed, ...resultFields.exitCode, ...resultFields.someFailed],
  judge(input) {
    const run = currentRun(evidenceSubject(input));
    if (!run.ok) return fail(run.problem);
    const { evidenceId } = run.value;
    return failuresIn(run.value).length > 0 ? { ...pass(), evidenceId } : { ...fail("no test failed"), evidenceId };
  },
  judgeReport(input) {
    const reports = reportedResults(input);
    const failing = reports.some(({ failed, exitCode, allPassed }) =>
      failed === null ? allPassed === false || (exitCode !== null && exitCode !== 0) : failed > 0,
    );
    if (failing) return pass();
    return fail(`no artifact reports a failed test; looked for ${fieldNames("failed", "exitCode", "someFailed")}`);
  },
});
