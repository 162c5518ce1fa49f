import type { JsonValue, ReviewFact } from "@phasegate/wire";
import type { CompiledGate } from "@phasegate/workflow";
import type { ReviewState } from "../task-state.ts";
import { isAuthor } from "./authors.ts";
import { type Judgement, nothingFound, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** Most objections that are named one by one. */
const maxNamed = 10;

/**
 * Tells of reviewers who objected to an earlier tree and have not looked at the one that is judged: reviews are of one tree,
 * and another reviewer's may let it pass. Where no gate asks for reviews or approval, nothing. Stands against nothing.
 */
export function noteEarlierObjections(situation: Situation, gates: readonly CompiledGate[]): Judgement {
  const { task, facts } = situation;
  const names = new Set(gates.flatMap(({ checks }) => checks.map(({ definition }) => definition.name)));
  const asksForComments = names.has("review_comments_addressed");
  const asks = gates.some(({ checks }) =>
    checks.some(({ definition }) => definition.needs.some((need) => need === "reviews" || need === "approvals")),
  );
  if (!asks) return nothingFound;
  const last = new Map(task.reviews.map((review) => [JSON.stringify([review.reviewer, review.model]), review]));
  const open = [...last.values()].flatMap((review) => {
    const { reviewer, kind, owner, tree } = review;
    if (tree === facts.tree?.digest || isAuthor(situation, { id: reviewer, kind, owner })) return [];
    const read = facts.reviews?.find((one) => isOf(one, review));
    const said = objectionIn(review, read, asksForComments);
    return said === null ? [] : [`\`${reviewer}\` (\`${review.model}\`) ${said}`];
  });
  const more = open.length - maxNamed;
  const messages = [...open.slice(0, maxNamed), ...(more > 0 ? [`${String(more)} more reviewers did so`] : [])];
  return {
    ...nothingFound,
    objections: messages.map((message) =>
      objection({
        check: "earlier_objections",
        source: "ledger",
        severity: "warning",
        reason: {
          code: "gate_blocked",
          message: `objected to an earlier tree and has not reviewed this one: ${message}`,
          hint: "let whoever objected review the work as it is now",
        },
      }),
    ),
  };
}

function objectionIn(review: ReviewState, read: ReviewFact | undefined, asksForComments: boolean): string | null {
  const { verdict, issues } = review;
  const issue = read?.issues.find(({ severity }) => severity === "blocking") ?? read?.issues[0];
  const text = issue === undefined ? "" : `: ${issue.message.replaceAll(/\s+/gu, " ").slice(0, 100)}`;
  if (issues.blocking > 0) return `named a blocking issue${text}`;
  const not = verdictsAgainst(read?.body);
  if (not.length > 0) return `judged ${not.map((field) => `\`${field}\``).join(" and ")} as not so`;
  if (verdict === "failed") return `let it fail${text}`;
  return asksForComments && issues.warning + issues.info > 0 ? `left a comment${text}` : null;
}

function verdictsAgainst(body: JsonValue | undefined): readonly string[] {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return [];
  return ["matches_plan", "tests_are_meaningful"].filter((field) => body[field] === false);
}

function isOf(fact: ReviewFact, { reviewer, model, tree }: ReviewState): boolean {
  return fact.reviewer === reviewer && fact.model === model && fact.tree === tree;
}
