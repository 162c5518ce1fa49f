import { bulkhead, type BulkheadPolicy, BulkheadRejectedError } from "cockatiel";
import { BulkheadFullError } from "./errors.ts";
import { requireKnown, requireNumber } from "./settings.ts";

export interface BulkheadOptions {
  /** Calls at once. Default: 10. */
  readonly maxConcurrent?: number;
  /** Calls that wait for a place. Default: 0. */
  readonly maxQueued?: number;
}

/** Bounds calls at once and calls that wait; one more is refused with BulkheadFullError and not made. */
export class Bulkhead {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly #policy: BulkheadPolicy;

  constructor(options: BulkheadOptions = {}) {
    requireKnown("Bulkhead", options, ["maxConcurrent", "maxQueued"]);
    const maximum = 1_000_000;
    this.maxConcurrent = requireNumber("maxConcurrent", options.maxConcurrent ?? 10, { minimum: 1, maximum });
    this.maxQueued = requireNumber("maxQueued", options.maxQueued ?? 0, { minimum: 0, maximum });
    this.#policy = bulkhead(this.maxConcurrent, this.maxQueued);
  }

  async execute<Value>(fn: () => Value | Promise<Value>): Promise<Value> {
    try {
      return await this.#policy.execute(fn);
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw new BulkheadFullError(this.maxConcurrent, this.maxQueued);
      throw error;
    }
  }
}
