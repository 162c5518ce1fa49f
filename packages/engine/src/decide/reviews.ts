import {
  type Digest,
  isTerminal,
  openPrincipalId,
  type Principal,
  type PrincipalRole,
  type Reason,
  type ReviewFact,
} from "@phasegate/wire";
import type { Decision, SubmitReview } from "../commands.ts";
import type { ReviewState } from "../task-state.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import { isAuthor } from "./authors.ts";
import type { Situation } from "./situation.ts";

const reviewingRoles: readonly PrincipalRole[] = ["reviewer", "approver", "operator"];

/** Records a review by someone else than the authors, of the tree as it is now. */
export function decideSubmitReview(situation: Situation, command: SubmitReview): Decision {
  const { task, context } = situation;
  const reason = judgeReviewer(situation) ?? judgeTree(situation, command);
  if (reason) return refuse(situation, command, reason);
  return allow([
    newEvent(context, "review.submitted", {
      reviewer: context.principal.id,
      kind: context.principal.kind,
      owner: context.principal.owner,
      model: command.model,
      tree: command.tree,
      verdict: command.verdict,
      issues: command.issues,
      result_digest: command.resultDigest,
      artifacts: Object.fromEntries(Object.entries(task.artifacts).map(([type, { digest }]) => [type, digest])),
      phase: task.phase,
      entry: task.entry,
    }),
  ]);
}

/**
 * The reviews that count: of this tree, by principals other than the authors, exactly those that the ledger holds, with the
 * types of `artifacts` that were not these when they were posted, but for those that the phase itself hands over.
 * One whose issues were not read counts with the issues that it was recorded with. Work that goes back to a tree is what
 * was reviewed then: all that was said against it stands, and what was said for it unless its reviewer reviewed another
 * tree since.
 */
export function standingReviews(
  situation: Pick<Situation, "task" | "facts" | "phase">,
  artifacts: Readonly<Record<string, { readonly digest: Digest }>>,
): readonly ReviewFact[] {
  const { task, facts, phase } = situation;
  const own = new Set(phase.artifacts.map(({ type }) => type));
  const types = Object.keys(artifacts).filter((type) => !own.has(type));
  return task.reviews
    .filter(
      ({ tree, reviewer, kind, owner }) =>
        tree === facts.tree?.digest && !isAuthor(situation, { id: reviewer, kind, owner }),
    )
    .map((review) => {
      const fact = (facts.reviews ?? []).find((one) => isOf(one, review)) ?? unread(review);
      const seen = review.artifacts;
      const others = seen === null ? [] : types.filter((type) => seen[type] !== artifacts[type]?.digest);
      return { ...fact, superseded: isSuperseded(task.reviews, review), otherArtifacts: others };
    });
}

/** Reviews stand in the order in which they were posted. */
function isSuperseded(all: readonly ReviewState[], review: ReviewState): boolean {
  const last = all.findLast(({ model, reviewer }) => model === review.model && reviewer === review.reviewer);
  return last !== review;
}

function isOf(fact: ReviewFact, review: ReviewState): boolean {
  const { blocking } = review.issues;
  return (
    fact.reviewer === review.reviewer &&
    fact.model === review.model &&
    fact.tree === review.tree &&
    fact.verdict === review.verdict &&
    fact.issues.filter((issue) => issue.severity === "blocking" && issue.resolved !== true).length >= blocking
  );
}

function unread(review: ReviewState): ReviewFact {
  const { reviewer, model, tree, verdict } = review;
  const issues = (["blocking", "warning", "info"] as const).flatMap((severity) =>
    Array.from({ length: Math.min(review.issues[severity], 100) }, () => ({
      severity,
      message: `an issue that the review \`${model}\` names`,
    })),
  );
  return { reviewer, model, tree, verdict, issues };
}

function judgeReviewer(situation: Situation): Reason | null {
  const { task, context } = situation;
  const { principal } = context;
  if (isTerminal(task.status)) {
    return { code: "task_not_active", message: `the task has ended (\`${task.status}\`)`, hint: "review another" };
  }
  if (principal.id === openPrincipalId || isAuthor(situation, principal)) {
    return {
      code: "self_review",
      message: `\`${principal.name}\` is among the authors of this work, or belongs with one`,
      hint: "ask a principal with the role `reviewer` that has no part in it",
    };
  }
  return judgeReviewingRole(principal);
}

/** Why a principal may review no task at all; null when it has a role that reviews. */
export function judgeReviewingRole(principal: Pick<Principal, "name" | "roles">): Reason | null {
  if (principal.roles.some((role) => reviewingRoles.includes(role))) return null;
  return {
    code: "forbidden",
    message: `\`${principal.name}\` does not have the role \`reviewer\``,
    hint: "review with the key of a principal that has it",
  };
}

function judgeTree({ task, facts }: Situation, command: SubmitReview): Reason | null {
  if (facts.tree?.digest === command.tree) return null;
  return {
    code: "review_other_tree",
    message: facts.tree ? `the tree is \`${facts.tree.digest}\` now` : "the workspace's tree was not read",
    hint: "look at the work as it is now, and review that",
    next: { method: "GET", path: `/api/v1/tasks/${task.id}/diff` },
  };
}
