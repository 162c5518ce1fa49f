import { PhasegateError } from "@phasegate/wire";

interface Waiting {
  readonly start: () => void;
}

/** Places for runs at one moment. */
export interface SlotUse {
  readonly busy: number;
  readonly waiting: number;
  readonly limit: number;
}

/**
 * So many runs at once and no more. Owners take turns, whatever number of runs each has waiting, and one owner has at
 * most half of the places while there are two or more; a run that is cancelled while it waits never starts.
 */
export class RunSlots {
  readonly #count: number;
  readonly #countOfOne: number;
  readonly #onChange: (slots: SlotUse) => void;
  readonly #closing = new AbortController();
  /** By owner; whoever was served goes to the end. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #running = new Map<string, number>();
  readonly #settling = new Set<Promise<unknown>>();

  constructor(count: number, onChange: (slots: SlotUse) => void = () => undefined) {
    this.#count = count;
    this.#onChange = onChange;
    this.#changed();
    this.#countOfOne = Math.max(1, Math.ceil(count / 2));
  }

  /** Rejects with `workspace_unavailable` when `signal` aborts or the runner closes first. */
  async use<Result>(
    owner: string,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    await this.#enter(owner, either);
    const running = run(either);
    this.#settling.add(running);
    try {
      const result = await running;
      if (either.aborted) throw cancelled();
      return result;
    } finally {
      this.#settling.delete(running);
      this.#leave(owner);
    }
  }

  /** Ends what runs and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#settling);
  }

  #enter(owner: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.reject(cancelled());
    const cancel = (): void => {
      const left = (this.#waiting.get(owner) ?? []).filter((other) => other !== waiting);
      if (left.length === 0) this.#waiting.delete(owner);
      else this.#waiting.set(owner, left);
      this.#changed();
      reject(cancelled());
    };
    const waiting: Waiting = {
      start: () => {
        signal.removeEventListener("abort", cancel);
        resolve();
      },
    };
    signal.addEventListener("abort", cancel, { once: true });
    this.#waiting.set(owner, [...(this.#waiting.get(owner) ?? []), waiting]);
    this.#startNext();
    return promise;
  }

  #leave(owner: string): void {
    const left = (this.#running.get(owner) ?? 1) - 1;
    if (left === 0) this.#running.delete(owner);
    else this.#running.set(owner, left);
    this.#startNext();
  }

  #startNext(): void {
    for (let free = this.#count - this.#inUse(); free > 0; free -= 1) {
      const next = [...this.#waiting].find(([owner]) => (this.#running.get(owner) ?? 0) < this.#countOfOne);
      if (next === undefined) break;
      const [owner, [first, ...others]] = next;
      this.#waiting.delete(owner);
      if (others.length > 0) this.#waiting.set(owner, others);
      this.#running.set(owner, (this.#running.get(owner) ?? 0) + 1);
      first?.start();
    }
    this.#changed();
  }

  #changed(): void {
    const waiting = [...this.#waiting.values()].reduce((sum, runs) => sum + runs.length, 0);
    this.#onChange({ busy: this.#inUse(), waiting, limit: this.#count });
  }

  #inUse(): number {
    return [...this.#running.values()].reduce((sum, count) => sum + count, 0);
  }
}

function cancelled(): PhasegateError {
  return new PhasegateError("workspace_unavailable", "the evidence run was cancelled", {
    hint: "ask for it again",
  });
}
