import { ungatheredCheck } from "./evidence-check.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";

export const testsPassed = ungatheredCheck({
  name: "tests_passed",
  passesWhen: "tests ran and none failed",
  needs: ["evidence"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judgeReport: judgeReportedPass,
});
