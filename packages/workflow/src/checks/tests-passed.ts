import { canaryProblem } from "../evidence/canary.ts";
import { currentRun } from "../evidence/subject.ts";
import { executedTests, failuresIn } from "../evidence/test-runs.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";

export const testsPassed = gatheredCheck({
  name: "tests_passed",
  passesWhen: "tests ran and none failed",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judge(input) {
    const run = currentRun(evidenceSubject(input));
    if (!run.ok) return fail(run.problem);
    const { evidenceId } = run.value;
    const distrust = canaryProblem(run.value);
    if (distrust) return { ...fail(distrust.message, distrust.hint), evidenceId };
    const failures = failuresIn(run.value);
    if (failures.length > 0) return { ...fail(`tests fail: ${listed(failures)}`), evidenceId };
    return executedTests(run.value) > 0 ? { ...pass(), evidenceId } : { ...fail("no test ran"), evidenceId };
  },
  judgeReport: judgeReportedPass,
});
