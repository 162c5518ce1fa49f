import { fieldValues, isFilled, submittedArtifacts } from "./artifact-fields.ts";
import { ungatheredCheck } from "./evidence-check.ts";
import { counted, fail, pass } from "./outcome.ts";
import { isAddressed, listsUnder } from "./reported-reviews.ts";

export const reviewCommentsAddressed = ungatheredCheck({
  name: "review_comments_addressed",
  passesWhen: "every comment of the reviews is marked as addressed",
  needs: ["reviews"],
  source: "ledger",
  fields: ["comments", "review_comments", "unresolved_comments", "comments_addressed"],
  judgeReport(input) {
    const bodies = submittedArtifacts(input).map(({ body }) => body);
    const open = bodies.flatMap((body) => fieldValues(body, ["unresolved_comments", "open_comments"]));
    const claims = bodies.flatMap((body) => fieldValues(body, ["comments_addressed", "review_comments_addressed"]));
    const lists = bodies.flatMap((body) => listsUnder(body, ["comments", "review_comments"]));
    if (open.length + claims.length + lists.length === 0) {
      return fail(
        "no artifact reports review comments; looked for `comments`, `unresolved_comments`, `comments_addressed`",
      );
    }
    const unresolved = [
      ...lists.flat().filter((comment) => !isAddressed(comment)),
      ...open
        .flatMap((value) => (Array.isArray(value) ? value : [value]))
        .filter((value) => value !== 0 && isFilled(value)),
      ...claims.filter((claim) => claim === false),
    ];
    return unresolved.length === 0 ? pass() : fail(`${counted(unresolved.length, "review comment")} not addressed`);
  },
});
