import { allReviewModelsCompleted, askedModels, reviewParameters } from "./all-review-models-completed.ts";
import type { CheckInput } from "./definition.ts";
import { gatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { judgeModels } from "./posted-reviews.ts";
import { isComplete, reportedReviewers, reportedReviews } from "./reported-reviews.ts";

export const allReviewsCompleted = gatheredCheck({
  name: "all_reviews_completed",
  passesWhen: "every review that was asked for is complete, on this tree, by principals other than the author",
  parameters: reviewParameters,
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["reviews", "review_results", "completed_reviews"],
  judge: (input) => judgeModels(input, askedInPhase(input)),
  judgeReport(input) {
    const reviews = reportedReviews(input);
    if (reviews.length === 0 && reportedReviewers(input).length === 0) {
      return fail("no artifact reports a review; looked for `reviews`, `review_results`, `completed_reviews`");
    }
    return reviews.every(isComplete) ? pass() : fail("a reported review is not complete");
  },
});

/** What the check names, and what the phase asks for: by the gates of its exits, and by the agents that it starts. */
function askedInPhase({ workflow, phase, parameters }: CheckInput): readonly string[] {
  const checks = (workflow.phases.get(phase)?.exits ?? []).flatMap(({ gates }) => gates.flatMap((gate) => gate.checks));
  const started = workflow.normalized.phases.find(({ id }) => id === phase)?.autoSpawn ?? [];
  return [
    ...askedModels(parameters),
    ...checks
      .filter(({ definition }) => definition.name === allReviewModelsCompleted.name)
      .flatMap((check) => askedModels(check.parameters)),
    ...started.flatMap(({ models }) => (Array.isArray(models) ? models.map(String) : [])),
  ];
}
