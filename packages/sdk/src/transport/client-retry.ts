import type { RetryPolicyOptions } from "@phasegate/resilience";
import type { ReasonCode } from "@phasegate/wire";

/** How often and how patiently a client repeats a call. */
export interface ClientRetry extends Required<RetryPolicyOptions> {
  /** A server that asks for a longer wait than this gets none: the error goes to the caller. */
  readonly maxRetryAfterMs: number;
  /** How long to ask for the answer of a first sending that still runs on the server. */
  readonly maxRunningMs: number;
}

export const defaultClientRetry: ClientRetry = {
  maxAttempts: 6,
  initialDelayMs: 200,
  maxDelayMs: 5_000,
  exponentialBase: 2,
  jitter: true,
  maxRetryAfterMs: 60_000,
  maxRunningMs: 15 * 60_000,
};

/** Answers of status 503 that stay the same until a person has done something. */
const lasting503: readonly ReasonCode[] = ["ledger_corrupt", "sandbox_unavailable", "backup_invalid"];

/** True for the refusals that may be gone when the same request comes again: 429, and 503 but for lasting ones. */
export function passes(problem: { readonly status: number; readonly code: ReasonCode }): boolean {
  if (problem.status === 429) return true;
  return problem.status === 503 && !lasting503.includes(problem.code);
}
