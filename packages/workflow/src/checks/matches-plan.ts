import { ungatheredCheck } from "./evidence-check.ts";
import { judgeReportedVerdict } from "./reported-verdict.ts";

export const matchesPlan = ungatheredCheck({
  name: "matches_plan",
  passesWhen: "a reviewer judged that the work is what the plan said",
  needs: ["reviews"],
  source: "ledger",
  fields: ["matches_plan"],
  judgeReport: (input) => judgeReportedVerdict(input, "matches_plan"),
});
