import { ungatheredCheck } from "./evidence-check.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";

export const allTestsPass = ungatheredCheck({
  name: "all_tests_pass",
  aliases: ["green"],
  passesWhen:
    "every test that was red passes on byte-identical files, and no test that passed before is missing, skipped or failing",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judgeReport: judgeReportedPass,
});
