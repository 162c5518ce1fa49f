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
    const started = new AbortController();
    const running = this.#limit(async () => {
      started.abort();
      if (either.aborted) throw cancelled();
      const result = await run(either);
      if (either.aborted) throw cancelled();
      return result;
    });
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return await Promise.race([running, cancelledWhileWaiting(either, started.signal)]);
  }

  /** Ends what runs and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
  }
}

/** Rejects when `signal` aborts before `started` does; never resolves. */
function cancelledWhileWaiting(signal: AbortSignal, started: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(cancelled());
    if (started.aborted) return;
    if (signal.aborted) return refuse();
    signal.addEventListener("abort", refuse, { once: true, signal: started });
  });
}

function cancelled(): PhasegateError {
  return new PhasegateError("workspace_unavailable", "the evidence run was cancelled", {
    hint: "ask for it again",
  });
}
