import { Type } from "typebox";
import { ungatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { isComplete, reportedReviewers, reportedReviews } from "./reported-reviews.ts";

const Names = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 50 });

export const allReviewModelsCompleted = ungatheredCheck({
  name: "all_review_models_completed",
  passesWhen: "every review that the workflow asks for is complete, on this tree, by principals other than the author",
  parameters: Type.Object(
    { models: Type.Optional(Names), reviews: Type.Optional(Names) },
    { additionalProperties: false },
  ),
  needs: ["reviews"],
  source: "ledger",
  fields: ["reviews", "review_results", "models_completed", "completed_reviews"],
  judgeReport(input) {
    const asked = [input.parameters["models"], input.parameters["reviews"]].flatMap((names) =>
      Array.isArray(names) ? names.map(String) : [],
    );
    const reviews = reportedReviews(input);
    const done = new Set(reportedReviewers(input));
    if (reviews.length === 0 && done.size === 0) {
      return fail("no artifact reports a review; looked for `reviews`, `review_results`, `models_completed`");
    }
    const open = asked.filter((name) => !done.has(name));
    if (open.length > 0) return fail(`reviews not complete: ${listed(open)}`);
    return reviews.every(isComplete) ? pass() : fail("a reported review is not complete");
  },
});
