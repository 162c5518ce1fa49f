import { Bulkhead, type BulkheadOptions } from "./bulkhead.ts";
import { CircuitBreaker, type CircuitBreakerOptions } from "./circuit-breaker.ts";
import { type Fallback, FallbackHandler, type FallbackOptions } from "./fallback-handler.ts";
import { RetryHandler } from "./retry-handler.ts";
import type { RetryPolicyOptions } from "./retry-policy.ts";
import { requireKnown } from "./settings.ts";
import { TimeLimit } from "./time-limit.ts";

export interface ErrorHandlerOptions<Value> {
  /** Default: the call is made once. */
  readonly retryPolicy?: RetryPolicyOptions | RetryHandler;
  readonly circuitBreaker?: CircuitBreakerOptions | CircuitBreaker;
  readonly fallback?: FallbackHandler<Value> | FallbackOptions<Value> | Fallback<Value>;
  /** Limit of each attempt. */
  readonly timeoutMs?: number;
  readonly bulkhead?: BulkheadOptions | Bulkhead;
}

export interface HandledAttempt {
  /** 1 is the first. */
  readonly attempt: number;
  /** Fires when the caller gives up, and when the attempt's time is over. */
  readonly signal: AbortSignal;
}

/**
 * Makes a call behind all of these, in this order: the breaker is asked first and counts a call with all its attempts
 * once; then it is tried and tried again; only what is left of that failure reaches the fallback. Each attempt is bound
 * by bulkhead and time limit.
 */
export class ErrorHandler<Value = never> {
  readonly circuitBreaker: CircuitBreaker | null;
  readonly #retry: RetryHandler | null;
  readonly #fallback: FallbackHandler<Value> | null;
  readonly #limit: TimeLimit | null;
  readonly #bulkhead: Bulkhead | null;

  constructor(options: ErrorHandlerOptions<Value> = {}) {
    requireKnown("ErrorHandler", options, ["retryPolicy", "circuitBreaker", "fallback", "timeoutMs", "bulkhead"]);
    const { retryPolicy, circuitBreaker, fallback, timeoutMs, bulkhead } = options;
    this.circuitBreaker = circuitBreaker === undefined ? null : asBreaker(circuitBreaker);
    this.#retry = retryPolicy === undefined ? null : asRetry(retryPolicy);
    this.#fallback = fallback === undefined ? null : asFallback(fallback);
    this.#bulkhead = bulkhead === undefined ? null : asBulkhead(bulkhead);
    this.#limit = timeoutMs === undefined ? null : new TimeLimit({ timeoutMs });
  }

  async execute<Result>(
    fn: (attempt: HandledAttempt) => Result | Promise<Result>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Result | Value> {
    const once = (attempt: number): Promise<Result> => this.#attempt(fn, attempt, signal);
    const tried = (): Promise<Result> =>
      this.#retry ? this.#retry.execute(({ attempt }) => once(attempt), signal) : once(1);
    const guarded = (): Promise<Result> => (this.circuitBreaker ? this.circuitBreaker.call(tried) : tried());
    return this.#fallback ? this.#fallback.execute(guarded) : guarded();
  }

  async #attempt<Result>(
    fn: (attempt: HandledAttempt) => Result | Promise<Result>,
    attempt: number,
    signal: AbortSignal,
  ): Promise<Result> {
    const limited = (): Result | Promise<Result> =>
      this.#limit ? this.#limit.execute((own) => fn({ attempt, signal: own }), signal) : fn({ attempt, signal });
    return this.#bulkhead ? this.#bulkhead.execute(limited) : limited();
  }
}

function asBreaker(given: CircuitBreakerOptions | CircuitBreaker): CircuitBreaker {
  return given instanceof CircuitBreaker ? given : new CircuitBreaker(given);
}

function asRetry(given: RetryPolicyOptions | RetryHandler): RetryHandler {
  return given instanceof RetryHandler ? given : new RetryHandler(given);
}

function asFallback<Value>(
  given: FallbackHandler<Value> | FallbackOptions<Value> | Fallback<Value>,
): FallbackHandler<Value> {
  return given instanceof FallbackHandler ? given : new FallbackHandler(given);
}

function asBulkhead(given: BulkheadOptions | Bulkhead): Bulkhead {
  return given instanceof Bulkhead ? given : new Bulkhead(given);
}
