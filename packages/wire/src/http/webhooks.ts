import { type Static, Type } from "typebox";
import { bounds, closed, Count, IdText, nullable, text } from "./bounds.ts";

export const WebhookParams = Type.Object({ name: text(bounds.name) }, closed);
export type WebhookParams = Static<typeof WebhookParams>;

export const WebhookAnswer = Type.Object({
  name: Type.String(),
  /** Scheme and host only: the rest of the address may be a secret. */
  origin: Type.String(),
  types: nullable(Type.Array(Type.String())),
  signed: Type.Boolean(),
  /** Every event up to here was taken, or is a dead letter. */
  position: Count,
  outstanding: Count,
  /** True after an answer of 410: nothing is sent until an operator has it go on. */
  gone: Type.Boolean(),
  breaker: Type.Enum(["CLOSED", "OPEN", "HALF_OPEN"]),
  last_error: nullable(Type.String()),
});
export type WebhookAnswer = Static<typeof WebhookAnswer>;

export const WebhookListAnswer = Type.Object({ webhooks: Type.Array(WebhookAnswer) });
export type WebhookListAnswer = Static<typeof WebhookListAnswer>;

export const DeadLetterQuery = Type.Object(
  {
    webhook: Type.Optional(text(bounds.name)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: bounds.pageSize, default: 100 })),
  },
  closed,
);
export type DeadLetterQuery = Static<typeof DeadLetterQuery>;

export const DeadLetterParams = Type.Object({ id: IdText }, closed);
export type DeadLetterParams = Static<typeof DeadLetterParams>;

export const DeadLetterAnswer = Type.Object({
  id: Type.String(),
  webhook: Type.String(),
  event_id: Type.String(),
  event_type: Type.String(),
  event_position: Count,
  attempts: Count,
  error: Type.String(),
  at: Type.String(),
});
export type DeadLetterAnswer = Static<typeof DeadLetterAnswer>;

export const DeadLetterListAnswer = Type.Object({ dead_letters: Type.Array(DeadLetterAnswer) });
export type DeadLetterListAnswer = Static<typeof DeadLetterListAnswer>;

export const RedeliveredAnswer = Type.Object({ id: Type.String(), delivered: Type.Literal(true) });
export type RedeliveredAnswer = Static<typeof RedeliveredAnswer>;
