import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { isComplete, reportedReviewers, reportedReviews } from "./reported-reviews.ts";

export const allReviewsCompleted = ungatheredCheck({
  name: "all_reviews_completed",
  passesWhen: "every review that was asked for is complete, on this tree, by principals other than the author",
  needs: ["reviews"],
  source: "ledger",
  fields: ["reviews", "review_results", "completed_reviews"],
  judgeReport(input) {
    const reviews = reportedReviews(input);
    if (reviews.length === 0 && reportedReviewers(input).length === 0) {
      return fail("no artifact reports a review; looked for `reviews`, `review_results`, `completed_reviews`");
    }
    return reviews.every(isComplete) ? pass() : fail("a reported review is not complete");
  },
});
