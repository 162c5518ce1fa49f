import { type Static, Type } from "typebox";
import { severities } from "../decision.ts";
import { anyText, bounds, closed, IdText, PhaseTokenText, ReasonText, text } from "./bounds.ts";

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
    model: Type.Optional(IdText),
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
});
export type ReviewAnswer = Static<typeof ReviewAnswer>;

export const ReviewListAnswer = Type.Object({ reviews: Type.Array(ReviewAnswer) });
export type ReviewListAnswer = Static<typeof ReviewListAnswer>;
