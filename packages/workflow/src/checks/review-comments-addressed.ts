import { fieldValues, isFilled, submittedArtifacts } from "./artifact-fields.ts";
import { gatheredCheck } from "./evidence-check.ts";
import { counted, fail, listed, pass } from "./outcome.ts";
import { issueText, openIssues, postedReviews } from "./posted-reviews.ts";
import { isAddressed, listsUnder } from "./reported-reviews.ts";

export const reviewCommentsAddressed = gatheredCheck({
  name: "review_comments_addressed",
  passesWhen: "the last review of each reviewer and model on this tree holds no comment, of whatever severity",
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["comments", "review_comments", "unresolved_comments", "comments_addressed"],
  judge(input) {
    const posted = postedReviews(input);
    if (!posted.ok) return posted.outcome;
    const open = posted.reviews.flatMap(({ issues }) => openIssues(issues)).map(issueText);
    if (open.length === 0) return pass();
    return fail(
      `${counted(open.length, "review comment")} not addressed: ${listed(open)}`,
      "address them, and let whoever made them review the tree that results, of the same `model`: a comment that is not among `findings` then is addressed",
    );
  },
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
