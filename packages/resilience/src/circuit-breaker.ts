import { circuitBreaker, CircuitState as State, handleWhen, type CircuitBreakerPolicy } from "cockatiel";
import { CircuitBreakerOpenError, ConfigurationError, countsAsFailure } from "./errors.ts";
import { type CallOutcome, FailureTally, type SlowCalls } from "./failure-tally.ts";
import { requireKnown, requireNumber } from "./settings.ts";

/** The states of a circuit: calls go through; calls are refused; a few calls are let through to try. */
export const CircuitState = { CLOSED: "CLOSED", OPEN: "OPEN", HALF_OPEN: "HALF_OPEN" } as const;
export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState];

export interface CircuitBreakerOptions {
  /** Default: `default`. */
  readonly name?: string;
  /** Failures in a row that open the circuit. Default: 5. */
  readonly failureThreshold?: number;
  /** Successes that close it when it is tried. Default: 2. */
  readonly successThreshold?: number;
  /** Time for which it stays open. Default: 30. */
  readonly timeoutSeconds?: number;
  /** Calls at once while it is tried; more are refused. Default: 1. */
  readonly halfOpenMaxCalls?: number;
  /** Opens it as well when too many calls are slow. Default: slow calls do not count. */
  readonly slowCalls?: SlowCalls;
  /** Which failures speak against the system called. Default: all that do not say otherwise. */
  readonly isFailure?: (error: unknown) => boolean;
  readonly onStateChange?: (change: { readonly name: string; readonly state: CircuitState }) => void;
  /** Milliseconds that only ever grow: a clock that is set must not keep a circuit open. Default: `performance.now`. */
  readonly now?: () => number;
}

export interface CircuitBreakerStats {
  readonly name: string;
  readonly state: CircuitState;
  readonly totalCalls: number;
  readonly successfulCalls: number;
  readonly failedCalls: number;
  readonly slowCalls: number;
  /** Calls that were not made because the circuit was open. */
  readonly rejectedCalls: number;
  readonly consecutiveFailures: number;
  /** Times that it opened. */
  readonly openings: number;
  /** Milliseconds until a call is let through to try; null unless open. */
  readonly retryAfterMs: number | null;
  readonly lastError: string | null;
}

const known = [
  "name",
  "failureThreshold",
  "successThreshold",
  "timeoutSeconds",
  "halfOpenMaxCalls",
  "slowCalls",
  "isFailure",
  "onStateChange",
  "now",
] as const;

/** Calls let through since the circuit opened last. */
interface Trial {
  running: number;
  done: number;
}

interface Measured<Value> {
  readonly value: Value;
  readonly slow: boolean;
}

/**
 * Keeps calls away from a system that fails. CLOSED: calls go through; failures in a row, or too many slow calls, open
 * it. OPEN: calls are refused with CircuitBreakerOpenError until the time is over. HALF_OPEN: the next calls are let
 * through, a few at once; as many successes as asked for close it, one failure opens it again. Safe for any number of
 * callers at once.
 */
export class CircuitBreaker {
  readonly name: string;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly timeoutSeconds: number;
  readonly halfOpenMaxCalls: number;
  readonly #slowCalls: Required<SlowCalls> | null;
  readonly #isFailure: (error: unknown) => boolean;
  readonly #onStateChange: (change: { readonly name: string; readonly state: CircuitState }) => void;
  readonly #now: () => number;
  readonly #tally: FailureTally;
  #policy: CircuitBreakerPolicy;
  #openedAtMs = 0;
  #trial: Trial = { running: 0, done: 0 };
  #lastError: unknown = null;
  #counts = { total: 0, succeeded: 0, failed: 0, slow: 0, rejected: 0, openings: 0 };

  constructor(options: CircuitBreakerOptions = {}) {
    requireKnown("CircuitBreaker", options, known);
    const count = { minimum: 1, maximum: 1_000_000 };
    this.name = requireName(options.name ?? "default");
    this.failureThreshold = requireNumber("failureThreshold", options.failureThreshold ?? 5, count);
    this.successThreshold = requireNumber("successThreshold", options.successThreshold ?? 2, count);
    const seconds = { minimum: 0, maximum: 86_400, whole: false };
    this.timeoutSeconds = requireNumber("timeoutSeconds", options.timeoutSeconds ?? 30, seconds);
    this.halfOpenMaxCalls = requireNumber("halfOpenMaxCalls", options.halfOpenMaxCalls ?? 1, count);
    this.#slowCalls = options.slowCalls ? requireSlowCalls(options.slowCalls) : null;
    this.#isFailure = options.isFailure ?? countsAsFailure;
    this.#onStateChange = options.onStateChange ?? (() => undefined);
    this.#now = options.now ?? (() => performance.now());
    this.#tally = new FailureTally(this.failureThreshold, this.#slowCalls);
    this.#policy = this.#closedPolicy();
  }

  get state(): CircuitState {
    if (this.#policy.state === State.Closed) return CircuitState.CLOSED;
    return this.#policy.state === State.HalfOpen ? CircuitState.HALF_OPEN : CircuitState.OPEN;
  }

  /** Makes the call, or throws CircuitBreakerOpenError without making it. The call's own failure is thrown as it is. */
  async call<Value>(fn: () => Value | Promise<Value>): Promise<Value> {
    if (this.#mustReject()) {
      this.#counts.rejected += 1;
      const { name: breaker } = this;
      const retryAfterMs = this.#remainingMs();
      throw new CircuitBreakerOpenError(
        `circuit \`${breaker}\` is open; it is tried again in ${Math.ceil(retryAfterMs / 1_000)} s`,
        { breaker, retryAfterMs, cause: this.#lastError },
      );
    }
    const policy = this.#policy;
    const trial = policy.state === State.Closed ? null : this.#trial;
    if (trial) trial.running += 1;
    try {
      return (await policy.execute(() => this.#measured(fn, policy))).value;
    } finally {
      if (trial) {
        trial.running -= 1;
        trial.done += 1;
      }
    }
  }

  stats(): CircuitBreakerStats {
    const { total, succeeded, failed, slow, rejected, openings } = this.#counts;
    return {
      name: this.name,
      state: this.state,
      totalCalls: total,
      successfulCalls: succeeded,
      failedCalls: failed,
      slowCalls: slow,
      rejectedCalls: rejected,
      consecutiveFailures: this.#tally.failuresInARow,
      openings,
      retryAfterMs: this.state === CircuitState.OPEN ? this.#remainingMs() : null,
      lastError: this.#lastError === null ? null : messageOf(this.#lastError),
    };
  }

  /** Closes the circuit and forgets failures and counts. What is under way ends without a say. */
  reset(): void {
    const changed = this.state !== CircuitState.CLOSED;
    this.#policy = this.#closedPolicy();
    this.#counts = { total: 0, succeeded: 0, failed: 0, slow: 0, rejected: 0, openings: 0 };
    this.#lastError = null;
    if (changed) this.#onStateChange({ name: this.name, state: CircuitState.CLOSED });
  }

  #mustReject(): boolean {
    switch (this.#policy.state) {
      case State.Closed:
        return false;
      case State.Open:
        return this.#remainingMs() > 0;
      case State.HalfOpen:
        return this.#trialIsFull();
      case State.Isolated:
        break;
    }
    // Nothing here isolates a circuit; one that is, lets nothing through.
    return true;
  }

  /** Cockatiel would let the rest wait without a bound; here they are refused. */
  #trialIsFull(): boolean {
    const { running, done } = this.#trial;
    return running >= this.halfOpenMaxCalls || running + done >= this.successThreshold;
  }

  #closedPolicy(): CircuitBreakerPolicy {
    this.#tally.clear();
    this.#trial = { running: 0, done: 0 };
    const failures = handleWhen((error) => this.#isFailure(error));
    const policy = circuitBreaker(
      failures.orWhenResult((result) => (result as Measured<unknown>).slow),
      {
        breaker: this.#tally,
        halfOpenAfter: this.#openTime(),
        halfOpenSampling: { calls: this.successThreshold, threshold: 0 },
      },
    );
    policy.onStateChange((state) => {
      if (policy === this.#policy) this.#changed(state);
    });
    return policy;
  }

  /** Cockatiel compares by the time of day; the answer here is by a clock that nobody sets. */
  #openTime() {
    const remainingMs = () => this.#remainingMs();
    const backoff = {
      get duration(): number {
        return remainingMs() > 0 ? Infinity : -Infinity;
      },
      next: () => backoff,
    };
    return backoff;
  }

  #changed(state: State): void {
    if (state !== State.HalfOpen) this.#trial = { running: 0, done: 0 };
    if (state === State.Open) {
      this.#openedAtMs = this.#now();
      this.#counts.openings += 1;
    }
    if (state === State.Closed) this.#tally.clear();
    this.#onStateChange({ name: this.name, state: this.state });
  }

  #remainingMs(): number {
    return Math.max(0, this.#openedAtMs + this.timeoutSeconds * 1_000 - this.#now());
  }

  async #measured<Value>(fn: () => Value | Promise<Value>, policy: CircuitBreakerPolicy): Promise<Measured<Value>> {
    const began = this.#now();
    const note = (outcome: CallOutcome): void => {
      if (policy === this.#policy) this.#note(outcome);
    };
    if (policy === this.#policy) this.#counts.total += 1;
    try {
      const value = await fn();
      const slow = this.#slowCalls !== null && this.#now() - began > this.#slowCalls.durationMs;
      note(slow ? "slow" : "succeeded");
      return { value, slow };
    } catch (error) {
      if (policy === this.#policy && this.#isFailure(error)) {
        this.#lastError = error;
        this.#note("failed");
      }
      throw error;
    }
  }

  #note(outcome: CallOutcome): void {
    this.#tally.record(outcome);
    this.#counts[outcome] += 1;
  }
}

function requireName(name: unknown): string {
  if (typeof name === "string" && name !== "" && name.length <= 200) return name;
  throw new ConfigurationError("`name` must be text of 1 to 200 characters");
}

function requireSlowCalls({ durationMs, rate, window = 20 }: SlowCalls): Required<SlowCalls> {
  const part = { minimum: 0.000_001, maximum: 1, whole: false };
  return {
    durationMs: requireNumber("slowCalls.durationMs", durationMs, { minimum: 0, maximum: 86_400_000, whole: false }),
    rate: requireNumber("slowCalls.rate", rate, part),
    window: requireNumber("slowCalls.window", window, { minimum: 1, maximum: 10_000 }),
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
