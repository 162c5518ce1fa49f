import { gatheredCheck } from "./evidence-check.ts";
import { judgeVerdict } from "./posted-reviews.ts";
import { judgeReportedVerdict } from "./reported-verdict.ts";

export const matchesPlan = gatheredCheck({
  name: "matches_plan",
  passesWhen: "a reviewer judged that the work is what the plan says, as it is now",
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["matches_plan"],
  judge: (input) => judgeVerdict(input, "matches_plan"),
  judgeReport: (input) => judgeReportedVerdict(input, "matches_plan"),
});
