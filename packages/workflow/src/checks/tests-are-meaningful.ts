import { gatheredCheck } from "./evidence-check.ts";
import { judgeVerdict } from "./posted-reviews.ts";
import { judgeReportedVerdict } from "./reported-verdict.ts";

export const testsAreMeaningful = gatheredCheck({
  name: "tests_are_meaningful",
  passesWhen: "a reviewer judged that the tests test what the criteria say",
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["tests_are_meaningful"],
  judge: (input) => judgeVerdict(input, "tests_are_meaningful"),
  judgeReport: (input) => judgeReportedVerdict(input, "tests_are_meaningful"),
});
