import { ungatheredCheck } from "./evidence-check.ts";
import { judgeReportedPass } from "./reported-pass.ts";

export const testsPassed = ungatheredCheck({
  name: "tests_passed",
  passesWhen: "tests ran and none failed",
  needs: ["evidence"],
  source: "evidence",
  judgeReport: judgeReportedPass,
});
