import type { IBreaker } from "cockatiel";

export type CallOutcome = "succeeded" | "slow" | "failed";

export interface SlowCalls {
  /** A call that takes longer is slow. */
  readonly durationMs: number;
  /** Part of the last `window` calls that opens the circuit when it was slow; above 0, at most 1. */
  readonly rate: number;
  /** Calls that are looked back on. Default: 20. */
  readonly window?: number;
}

/** When the circuit opens: after so many failures in a row, or when too many of the last calls were slow. */
export class FailureTally implements IBreaker {
  /** Cockatiel's; nothing of a breaker is ever stored. */
  state: unknown = null;
  #failuresInARow = 0;
  #recent: boolean[] = [];
  readonly #threshold: number;
  readonly #slow: Required<SlowCalls> | null;

  constructor(threshold: number, slow: Required<SlowCalls> | null) {
    this.#threshold = threshold;
    this.#slow = slow;
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** Called as a call ends, before cockatiel asks. */
  record(outcome: CallOutcome): void {
    this.#failuresInARow = outcome === "failed" ? this.#failuresInARow + 1 : 0;
    if (!this.#slow) return;
    this.#recent.push(outcome === "slow");
    if (this.#recent.length > this.#slow.window) this.#recent.shift();
  }

  /** Begins anew: the circuit was closed. */
  clear(): void {
    this.#failuresInARow = 0;
    this.#recent = [];
  }

  success(): void {
    // `record` has counted it.
  }

  failure(): boolean {
    return this.#failuresInARow >= this.#threshold || this.#tooSlow();
  }

  #tooSlow(): boolean {
    if (!this.#slow || this.#recent.length < this.#slow.window) return false;
    return this.#recent.filter(Boolean).length >= this.#slow.rate * this.#slow.window;
  }
}
