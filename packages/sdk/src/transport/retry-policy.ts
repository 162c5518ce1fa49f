import type { ReasonCode } from "@phasegate/wire";

/** How often and how patiently a call is repeated. */
export interface RetryPolicy {
  /** Times that a call is sent, the first included. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that asks for a longer wait than this gets none: the error goes to the caller. */
  readonly maxRetryAfterMs: number;
  /** How long to ask for the answer of a first sending that still runs on the server. */
  readonly maxRunningMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 6,
  initialDelayMs: 200,
  maxDelayMs: 5_000,
  maxRetryAfterMs: 60_000,
  maxRunningMs: 15 * 60_000,
};

/** Answers of status 503 that stay the same until a person has done something. */
const lasting503: readonly ReasonCode[] = ["ledger_corrupt", "sandbox_unavailable"];

/** True for the refusals that may be gone when the same request comes again: 429, and 503 but for lasting ones. */
export function passes(problem: { readonly status: number; readonly code: ReasonCode }): boolean {
  if (problem.status === 429) return true;
  return problem.status === 503 && !lasting503.includes(problem.code);
}

/**
 * Milliseconds before attempt `attempt + 1`: doubled each time, half of it at random so that many clients spread,
 * and never less than the server asked for.
 */
export function delayBefore(
  policy: RetryPolicy,
  attempt: number,
  options: { readonly random: number; readonly retryAfterMs: number | null },
): number {
  const grown = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (attempt - 1));
  return Math.max(options.retryAfterMs ?? 0, Math.round(grown / 2 + (grown / 2) * options.random));
}
