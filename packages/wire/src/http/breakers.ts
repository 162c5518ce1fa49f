import { type Static, Type } from "typebox";
import { closed, Count, nullable, text } from "./bounds.ts";

/** The names of breakers are made by the server; what a request names is only looked up. */
export const BreakerParams = Type.Object({ name: text(200) }, closed);
export type BreakerParams = Static<typeof BreakerParams>;

export const BreakerAnswer = Type.Object({
  name: Type.String(),
  state: Type.Enum(["CLOSED", "OPEN", "HALF_OPEN"]),
  total_calls: Count,
  successful_calls: Count,
  failed_calls: Count,
  slow_calls: Count,
  /** Calls that were not made because the circuit was open. */
  rejected_calls: Count,
  consecutive_failures: Count,
  openings: Count,
  /** Until a call is let through to try; null unless open. */
  retry_after_seconds: nullable(Type.Number({ minimum: 0 })),
  last_error: nullable(Type.String()),
});
export type BreakerAnswer = Static<typeof BreakerAnswer>;

export const BreakerListAnswer = Type.Object({ breakers: Type.Array(BreakerAnswer) });
export type BreakerListAnswer = Static<typeof BreakerListAnswer>;
