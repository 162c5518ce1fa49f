import type { JsonObject } from "@phasegate/wire";
import { Type } from "typebox";
import { gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { judgeModels } from "./posted-reviews.ts";
import { isComplete, reportedReviewers, reportedReviews } from "./reported-reviews.ts";

const Names = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 50 });

export const reviewParameters = Type.Object(
  { models: Type.Optional(Names), reviews: Type.Optional(Names) },
  { additionalProperties: false },
);

export const allReviewModelsCompleted = gatheredCheck({
  name: "all_review_models_completed",
  passesWhen: "every review that the workflow asks for is complete, on this tree, by principals other than the author",
  parameters: reviewParameters,
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["reviews", "review_results", "models_completed", "completed_reviews"],
  judge: (input) => judgeModels(input, askedModels(input.parameters)),
  judgeReport(input) {
    const asked = askedModels(input.parameters);
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

/** The reviews that a check asks for by name. */
export function askedModels(parameters: JsonObject): readonly string[] {
  return [parameters["models"], parameters["reviews"]].flatMap((names) =>
    Array.isArray(names) ? names.map(String) : [],
  );
}
