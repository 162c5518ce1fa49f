import { PhasegateError } from "@phasegate/wire";

export interface LockRequest {
  readonly mode: "shared" | "exclusive";
  /** The longest wait for the lock. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Called once when others still hold the lock after `afterMs`: to end what they run. */
  readonly impatience?: { readonly afterMs: number; end(): void };
}

interface Waiter {
  readonly mode: "shared" | "exclusive";
  readonly enter: () => void;
}

const maxWaiting = 256;

/**
 * The one lock of a workspace. Reads share it, whatever may write has it alone, and those who wait are let in by
 * turns, so that neither kind starves the other.
 *
 * States: free; shared by n; exclusive. `#held` is n, or -1. A request enters at once when nobody waits and the
 * state permits it; otherwise it queues, and leaves the queue by entering, by running out of time, or by its signal.
 */
export class WorkspaceLock {
  #held = 0;
  readonly #waiting: Waiter[] = [];

  /** Runs `use` under the lock. Rejects with `overloaded` when the queue is full or the wait too long. */
  async run<Result>(request: LockRequest, use: () => Promise<Result>): Promise<Result> {
    await this.#enter(request);
    try {
      return await use();
    } finally {
      this.#held = this.#held === -1 ? 0 : this.#held - 1;
      this.#admit();
    }
  }

  #enter(request: LockRequest): Promise<void> {
    if (request.signal?.aborted === true) return Promise.reject(gone());
    if (this.#waiting.length === 0 && this.#permits(request.mode)) {
      this.#take(request.mode);
      return Promise.resolve();
    }
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(
        new PhasegateError("overloaded", "too many calls wait for this workspace", { retryAfterSeconds: 5 }),
      );
    }
    return this.#wait(request);
  }

  #wait(request: LockRequest): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { impatience, signal } = request;
    const leave = (error: PhasegateError) => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      settle();
      reject(error);
      this.#admit();
    };
    const late = setTimeout(() => leave(tooLong(request.waitMs)), request.waitMs);
    const impatient = impatience && setTimeout(() => impatience.end(), impatience.afterMs);
    const onAbort = () => leave(gone());
    const settle = () => {
      clearTimeout(late);
      clearTimeout(impatient);
      signal?.removeEventListener("abort", onAbort);
    };
    const waiter: Waiter = {
      mode: request.mode,
      enter: () => {
        settle();
        resolve();
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiter);
    return promise;
  }

  #permits(mode: "shared" | "exclusive"): boolean {
    return mode === "shared" ? this.#held >= 0 : this.#held === 0;
  }

  #take(mode: "shared" | "exclusive"): void {
    this.#held = mode === "shared" ? this.#held + 1 : -1;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#permits(next.mode); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.mode);
      next.enter();
    }
  }
}

function gone(): PhasegateError {
  return new PhasegateError("timed_out", "the caller is gone before the workspace was free");
}

function tooLong(waitMs: number): PhasegateError {
  return new PhasegateError("overloaded", `the workspace was not free within ${waitMs} ms`, { retryAfterSeconds: 5 });
}
