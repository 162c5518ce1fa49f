import { ConfigurationError } from "./errors.ts";
import { longestMs, requireKnown, requireNumber } from "./settings.ts";

export interface RetryPolicyOptions {
  /** Times that a call is made, the first included. Default: 3. */
  readonly maxAttempts?: number;
  /** Pause before the second attempt. Default: 100. */
  readonly initialDelayMs?: number;
  /** Longest pause between two attempts. Default: 30,000. */
  readonly maxDelayMs?: number;
  /** Growth of the pause from attempt to attempt. Default: 2. */
  readonly exponentialBase?: number;
  /** Half of each pause at random, so that many callers spread. Default: true. */
  readonly jitter?: boolean;
}

const known = ["maxAttempts", "initialDelayMs", "maxDelayMs", "exponentialBase", "jitter"] as const;

/** How often and how patiently a call is repeated. Throws ConfigurationError for values that make no sense. */
export class RetryPolicy {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly exponentialBase: number;
  readonly jitter: boolean;

  constructor(options: RetryPolicyOptions = {}) {
    requireKnown("RetryPolicy", options, known);
    this.maxAttempts = requireNumber("maxAttempts", options.maxAttempts ?? 3, { minimum: 1, maximum: 1_000_000 });
    const range = { minimum: 0, maximum: longestMs, whole: false };
    this.maxDelayMs = requireNumber("maxDelayMs", options.maxDelayMs ?? 30_000, range);
    const first = options.initialDelayMs ?? Math.min(100, this.maxDelayMs);
    this.initialDelayMs = requireNumber("initialDelayMs", first, range);
    const base = options.exponentialBase ?? 2;
    this.exponentialBase = requireNumber("exponentialBase", base, { minimum: 1, maximum: 100, whole: false });
    this.jitter = options.jitter ?? true;
    if (typeof this.jitter !== "boolean") throw new ConfigurationError("`jitter` must be true or false");
    if (this.initialDelayMs > this.maxDelayMs) {
      throw new ConfigurationError(
        `\`initialDelayMs\` (${this.initialDelayMs}) is above \`maxDelayMs\` (${this.maxDelayMs})`,
      );
    }
  }
}

export type Backoff = Omit<RetryPolicy, "maxAttempts">;

/**
 * Milliseconds between `attempt` (1 is the first) and the next: grown by the base up to the longest, with jitter half
 * of it at random. `random` is from 0 to 1.
 */
export function delayAfter(backoff: Backoff, attempt: number, random: number): number {
  const { initialDelayMs, maxDelayMs, exponentialBase, jitter } = backoff;
  const grown = Math.min(maxDelayMs, initialDelayMs * exponentialBase ** Math.min(attempt - 1, 1_000));
  return jitter ? Math.round(grown / 2 + (grown / 2) * random) : grown;
}
