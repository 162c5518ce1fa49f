import pLimit from "p-limit";
import { PhasegateError } from "@phasegate/wire";

/** So many runs at once and no more, first come first served; one that is cancelled while it waits never starts. */
export class RunSlots {
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(count: number) {
    this.#limit = pLimit(count);
  }

  /** Rejects with `workspace_unavailable` when `signal` aborts or the runner closes first. */
  async use<Result>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const running = this.#limit(async () => {
      if (either.aborted) throw cancelled();
      const result = await run(either);
      if (either.aborted) throw cancelled();
      return result;
    });
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return await running;
  }

  /** Ends what runs and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}

function cancelled(): PhasegateError {
  return new PhasegateError("workspace_unavailable", "the evidence run was cancelled", {
    hint: "ask for it again",
  });
}
