import { ungatheredCheck } from "./evidence-check.ts";
import { judgeReportedVerdict } from "./reported-verdict.ts";

export const testsAreMeaningful = ungatheredCheck({
  name: "tests_are_meaningful",
  passesWhen: "a reviewer judged that the tests test what the criteria say",
  needs: ["reviews"],
  source: "ledger",
  fields: ["tests_are_meaningful"],
  judgeReport: (input) => judgeReportedVerdict(input, "tests_are_meaningful"),
});
