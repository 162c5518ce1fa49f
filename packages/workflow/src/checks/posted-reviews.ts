import type { ReviewFact } from "@phasegate/wire";
import { fieldValues } from "./artifact-fields.ts";
import type { CheckInput, CheckOutcome } from "./definition.ts";
import { fail, listed, pass } from "./outcome.ts";

/** Reviews that count, or why none can: of exactly this tree, by others than the authors, a reviewer's last of a model. */
export type PostedReviews =
  | { readonly ok: true; readonly reviews: readonly ReviewFact[] }
  | { readonly ok: false; readonly outcome: CheckOutcome };

type Issue = ReviewFact["issues"][number];

/** Reviews stand in the order in which they were posted. Without any the checks on reviews do not pass. */
export function postedReviews({ facts }: CheckInput): PostedReviews {
  if (!facts.reviews) return { ok: false, outcome: fail("no review was gathered") };
  const tree = facts.tree?.digest;
  if (tree === undefined) return { ok: false, outcome: fail("the tree was not read") };
  const authors = new Set(facts.authors);
  const byOthers = facts.reviews.filter(({ reviewer }) => !authors.has(reviewer));
  const ofTree = byOthers.filter((review) => review.tree === tree);
  const latest = new Map(ofTree.map((review) => [JSON.stringify([review.reviewer, review.model]), review]));
  const reviews = [...latest.values()];
  if (reviews.some(({ superseded }) => superseded !== true)) return { ok: true, reviews };
  const why =
    reviews.length > 0
      ? "who reviewed it reviewed another since"
      : reasonWithout(facts.reviews.length, byOthers.length);
  return { ok: false, outcome: fail(`no review of this tree: ${why}`, "let a principal who is no author post one") };
}

/** Blocking issues that are still open; a failed verdict without any blocking issue is one itself. */
export function openBlockingIssues(reviews: readonly ReviewFact[]): readonly string[] {
  return reviews.flatMap((review) => {
    const blocking = review.issues.filter(({ severity }) => severity === "blocking");
    if (review.verdict === "failed" && blocking.length === 0) return [`\`${review.model}\` ended as failed`];
    return openIssues(blocking).map(issueText);
  });
}

export function openIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ resolved }) => resolved !== true);
}

export function issueText({ path, message }: Issue): string {
  const text = message.replaceAll(/\s+/gu, " ").slice(0, 100);
  return path === undefined ? text : `${path}: ${text}`;
}

/** The models of `asked` that no review stands for. */
function openModels(asked: readonly string[], reviews: readonly ReviewFact[]): readonly string[] {
  const done = new Set(reviews.flatMap(({ model, superseded }) => (superseded === true ? [] : [model])));
  return [...new Set(asked)].filter((model) => !done.has(model));
}

/**
 * Passes when a reviewer gave this verdict (`field: true` in a review, or a review of that name) beside the artifacts that
 * other phases hand over now, and none the opposite.
 */
export function judgeVerdict(input: CheckInput, field: string): CheckOutcome {
  const posted = postedReviews(input);
  if (!posted.ok) return posted.outcome;
  const outdated = new Set<string>();
  const verdicts = posted.reviews.flatMap(({ model, verdict, body, superseded, otherArtifacts = [] }) => {
    const own = [
      ...(body === undefined ? [] : fieldValues(body, [field]).map((value) => value === true)),
      ...(model === field ? [verdict === "passed"] : []),
    ];
    if (own.includes(true)) for (const type of otherArtifacts) outdated.add(type);
    return own.filter((isSo) => !isSo || (superseded !== true && otherArtifacts.length === 0));
  });
  if (verdicts.length === 0 && outdated.size > 0) {
    return fail(
      `who judged \`${field}\` had other artifacts before them: ${listed([...outdated])}`,
      "let a reviewer look at the work beside the artifacts as they are now, and post the review again",
    );
  }
  if (verdicts.length === 0) {
    return fail(
      `no reviewer has judged \`${field}\``,
      `a review says so by \`${field}: true\` in the body of \`POST /reviews/{task_id}\``,
    );
  }
  return verdicts.every(Boolean) ? pass() : fail(`a reviewer judged \`${field}\` as not so`);
}

/** Fails with the models whose review is not there. */
export function judgeModels(input: CheckInput, asked: readonly string[]): CheckOutcome {
  const posted = postedReviews(input);
  if (!posted.ok) return posted.outcome;
  const open = openModels(asked, posted.reviews);
  return open.length === 0 ? pass() : fail(`reviews not complete: ${listed(open)}`, "let them be posted on this tree");
}

function reasonWithout(all: number, byOthers: number): string {
  if (all === 0) return "none was posted";
  return byOthers === 0 ? "all are by authors of the work" : "those posted are of other trees";
}
