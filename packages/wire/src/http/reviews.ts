import { type Static, Type } from "typebox";
import { severities } from "../decision.ts";
import { anyText, bounds, closed, DigestText, IdText, nullable, PhaseTokenText, ReasonText, text } from "./bounds.ts";
import { WarningAnswer } from "./warning-answer.ts";

const ReviewFinding = Type.Object(
  {
    severity: Type.Enum([...severities]),
    message: ReasonText,
    path: Type.Optional(text(4_096)),
    line: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
  },
  closed,
);

/** `POST /reviews/{task_id}`, from the holder of a review task. */
export const SubmitReviewRequest = Type.Object(
  {
    phase_token: Type.Optional(PhaseTokenText),
    verdict: Type.Enum(["pass", "fail"]),
    summary: Type.Optional(anyText(bounds.description)),
    findings: Type.Optional(Type.Array(ReviewFinding, { maxItems: 1_000 })),
    /** The review model, as the workflow names it: `security`, `quality`. */
    model: Type.Optional(IdText),
    /** Verdicts that the checks of these names ask a reviewer for. */
    matches_plan: Type.Optional(Type.Boolean()),
    tests_are_meaningful: Type.Optional(Type.Boolean()),
    /** What was looked at, as `GET /reviews/{task_id}` tells it; left out: the tree as it is now. */
    tree: Type.Optional(DigestText),
  },
  closed,
);
export type SubmitReviewRequest = Static<typeof SubmitReviewRequest>;

export const ReviewAnswer = Type.Object({
  task_id: Type.String(),
  reviewer: Type.String(),
  verdict: Type.Enum(["pass", "fail"]),
  findings: Type.Array(ReviewFinding),
  submitted_at: Type.String(),
  model: Type.Optional(Type.String()),
  tree: Type.Optional(Type.String()),
  summary: Type.Optional(Type.String()),
  matches_plan: Type.Optional(Type.Boolean()),
  tests_are_meaningful: Type.Optional(Type.Boolean()),
});
export type ReviewAnswer = Static<typeof ReviewAnswer>;

export const ReviewListAnswer = Type.Object({
  reviews: Type.Array(ReviewAnswer),
  /** The task's tree as it is now: what a review of it has to name. */
  tree: Type.Optional(nullable(Type.String())),
  /** What the gates that let the task on found. */
  warnings: Type.Optional(Type.Array(WarningAnswer)),
  warnings_total: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type ReviewListAnswer = Static<typeof ReviewListAnswer>;
