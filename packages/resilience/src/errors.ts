export interface OrchestratorErrorOptions extends ErrorOptions {
  /** Machine-readable, in snake case. */
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The root of the errors that failure handling itself throws. Policies look at three members of any error, whoever
 * threw it: `retryable` false means that the same call would fail again; `countsAsFailure` false means that it says
 * nothing against the system that was called; `mayDegrade` false means that no fallback may stand in for the answer.
 */
export class OrchestratorError extends Error {
  override readonly name: string = "OrchestratorError";
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: OrchestratorErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code ?? "orchestrator_error";
    this.details = options.details ?? {};
  }
}

/** May be gone when the same call is made again. */
export class RetryableError extends OrchestratorError {
  override readonly name: string = "RetryableError";
  readonly retryable = true;
  /** Least time to wait before the next attempt; null for the policy's own. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: OrchestratorErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, { code: "retryable", ...options });
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Stays the same however often the call is made. */
export class NonRetryableError extends OrchestratorError {
  override readonly name: string = "NonRetryableError";
  readonly retryable = false;

  constructor(message: string, options: OrchestratorErrorOptions = {}) {
    super(message, { code: "non_retryable", ...options });
  }
}

/** A policy was given values that it cannot work with. Nothing was called. */
export class ConfigurationError extends NonRetryableError {
  override readonly name: string = "ConfigurationError";
  readonly countsAsFailure = false;

  constructor(message: string, options: OrchestratorErrorOptions = {}) {
    super(message, { code: "configuration", ...options });
  }
}

export interface CircuitBreakerOpenOptions extends OrchestratorErrorOptions {
  readonly breaker?: string;
  readonly retryAfterMs?: number;
  readonly mayDegrade?: boolean;
}

/** The circuit is open: the call was not made. `cause` is the failure that opened it. */
export class CircuitBreakerOpenError extends NonRetryableError {
  override readonly name: string = "CircuitBreakerOpenError";
  readonly countsAsFailure = false;
  readonly breaker: string;
  /** Milliseconds until a call is let through to try. */
  readonly retryAfterMs: number;
  readonly mayDegrade: boolean;

  constructor(message: string, options: CircuitBreakerOpenOptions = {}) {
    super(message, { code: "circuit_open", ...options });
    this.breaker = options.breaker ?? "default";
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.mayDegrade = options.mayDegrade ?? mayDegrade(options.cause);
  }
}

/** The call took longer than its limit. Whether it took effect is unknown. */
export class TimeLimitError extends RetryableError {
  override readonly name: string = "TimeLimitError";

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`, { code: "time_limit" });
  }
}

/** As many calls as may be are under way or wait. The call was not made. */
export class BulkheadFullError extends RetryableError {
  override readonly name: string = "BulkheadFullError";
  readonly countsAsFailure = false;

  constructor(maxConcurrent: number, maxQueued: number) {
    super(`${maxConcurrent} calls run and ${maxQueued} wait, the limit`, { code: "bulkhead_full" });
  }
}

/** False for an error that says of itself that the same call would fail again, and for a call that was aborted. */
export function isRetryable(error: unknown): boolean {
  return !isAbort(error) && member(error, "retryable") !== false;
}

/** False for an error that says nothing against the system that was called, and for a call that was aborted. */
export function countsAsFailure(error: unknown): boolean {
  return !isAbort(error) && member(error, "countsAsFailure") !== false;
}

/** False for the failure of a decision: nothing may stand in for its answer. */
export function mayDegrade(error: unknown): boolean {
  return member(error, "mayDegrade") !== false;
}

/** Milliseconds that the error asks to wait; null when it asks for none. */
export function askedDelayMs(error: unknown): number | null {
  const asked = member(error, "retryAfterMs");
  return typeof asked === "number" && Number.isFinite(asked) && asked >= 0 ? asked : null;
}

function isAbort(error: unknown): boolean {
  return member(error, "name") === "AbortError";
}

function member(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
