import { ConstantBackoff, handleWhen, retry } from "cockatiel";
import { askedDelayMs, isRetryable } from "./errors.ts";
import { delayAfter, RetryPolicy, type RetryPolicyOptions } from "./retry-policy.ts";
import { wait } from "./waiting.ts";

/** What a failed attempt means for the next. */
export interface RetryVerdict {
  readonly retry: boolean;
  /** False: the attempt is not one of `maxAttempts`. Default: true. */
  readonly counts?: boolean;
  /** The pause is at least this long. */
  readonly atLeastMs?: number;
}

export interface RetryNotice {
  /** Attempts so far. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

export interface RetryHandlerOptions {
  /** Judges each failure. Default: whatever does not say of itself that it stays, as `isRetryable` has it. */
  readonly judge?: (error: unknown) => RetryVerdict;
  /** Told before each pause. What it throws is thrown by `execute`. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Pauses; rejects with the signal's reason when that fires. Default: a timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Attempt {
  /** 1 is the first. */
  readonly attempt: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes a call again while its failure may pass, as often and as patiently as the policy says; throws the last failure
 * as it was. Holds no state between calls: any number may run at once.
 */
export class RetryHandler {
  readonly policy: RetryPolicy;
  readonly #judge: (error: unknown) => RetryVerdict;
  readonly #onRetry: (notice: RetryNotice) => void;
  readonly #random: () => number;
  readonly #wait: (ms: number, signal?: AbortSignal) => Promise<void>;

  constructor(policy: RetryPolicyOptions = {}, options: RetryHandlerOptions = {}) {
    this.policy = policy instanceof RetryPolicy ? policy : new RetryPolicy(policy);
    this.#judge = options.judge ?? judgeByError;
    this.#onRetry = options.onRetry ?? (() => undefined);
    this.#random = options.random ?? Math.random;
    this.#wait = options.wait ?? wait;
  }

  async execute<Value>(fn: (attempt: Attempt) => Value | Promise<Value>, signal?: AbortSignal): Promise<Value> {
    let made = 0;
    let counted = 0;
    let delayMs = 0;
    const mayGoOn = (error: unknown): boolean => {
      if (signal?.aborted) return false;
      const verdict = this.#judge(error);
      if (verdict.counts !== false) counted += 1;
      if (!verdict.retry || counted >= this.policy.maxAttempts) return false;
      delayMs = Math.max(delayAfter(this.policy, made, this.#random()), verdict.atLeastMs ?? 0);
      this.#onRetry({ attempt: made, delayMs, error });
      return true;
    };
    // cockatiel repeats at once, and the pause stands here: one that an abort ends, and that tests can step through.
    const repeated = retry(handleWhen(mayGoOn), { maxAttempts: Infinity, backoff: new ConstantBackoff(0) });
    return repeated.execute(async ({ attempt }) => {
      if (attempt > 0) await this.#wait(delayMs, signal);
      signal?.throwIfAborted();
      made = attempt + 1;
      return fn({ attempt: made, signal });
    });
  }
}

function judgeByError(error: unknown): RetryVerdict {
  return { retry: isRetryable(error), atLeastMs: askedDelayMs(error) ?? 0 };
}
