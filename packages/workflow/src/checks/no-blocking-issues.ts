import type { CheckOutcome } from "./definition.ts";
import { gatheredCheck } from "./evidence-check.ts";
import { counted, fail, listed, pass } from "./outcome.ts";
import { openBlockingIssues, postedReviews } from "./posted-reviews.ts";
import { reportedBlockingIssues } from "./reported-reviews.ts";

export const noBlockingIssues = gatheredCheck({
  name: "no_blocking_issues",
  passesWhen: "no review of this tree by a principal other than the author names a blocking issue that is still open",
  needs: ["reviews", "tree"],
  source: "ledger",
  fields: ["blocking_issues", "blockers", "issues", "findings", "reviews"],
  judge(input) {
    const posted = postedReviews(input);
    return posted.ok ? judgeIssues(openBlockingIssues(posted.reviews)) : posted.outcome;
  },
  judgeReport(input) {
    const issues = reportedBlockingIssues(input);
    if (!issues)
      return fail("no artifact reports a review; looked for `blocking_issues`, `issues`, `findings`, `reviews`");
    return judgeIssues(issues);
  },
});

function judgeIssues(issues: readonly string[]): CheckOutcome {
  if (issues.length === 0) return pass();
  return fail(`${counted(issues.length, "blocking issue")}: ${listed(issues)}`, "resolve them and review again");
}
