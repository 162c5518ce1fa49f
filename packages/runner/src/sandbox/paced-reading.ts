import type { Readable } from "node:stream";

/** A stream may bring so much at once, and from then on so much in each millisecond. */
const pace = {
  reads: { most: 64, perMs: 1 },
  bytes: { most: 16 * 1024 ** 2, perMs: (4 * 1024 ** 2) / 1_000 },
};

/**
 * Hands on what a stream brings, and holds the event loop no longer for it than the pace allows, however fast and in
 * however small pieces it is printed. What is beyond waits in the pipe, and whoever prints it waits with it: by the next
 * read the pipe is full again, so that little is read seldom.
 */
export function readPaced(
  stream: Readable,
  take: (chunk: Buffer) => void,
  clock: () => number = () => performance.now(),
): void {
  const reads = new Allowance(pace.reads);
  const bytes = new Allowance(pace.bytes);
  stream.on("data", (chunk: Buffer) => {
    take(chunk);
    const now = clock();
    const waitMs = Math.max(reads.spend(1, now), bytes.spend(chunk.length, now));
    if (waitMs === 0) return;
    stream.pause();
    setTimeout(() => stream.resume(), waitMs);
  });
}

/** An amount that is spent and grows back. */
export class Allowance {
  readonly #most: number;
  readonly #perMs: number;
  #left: number;
  #countedAt = 0;

  constructor({ most, perMs }: { readonly most: number; readonly perMs: number }) {
    this.#most = most;
    this.#perMs = perMs;
    this.#left = most;
  }

  /** Milliseconds until what was overspent has grown back; 0 where nothing was. `now` never falls. */
  spend(amount: number, now: number): number {
    this.#left = Math.min(this.#most, this.#left + (now - this.#countedAt) * this.#perMs) - amount;
    this.#countedAt = now;
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left / this.#perMs);
  }
}
