import { setImmediate as nextTurn, setTimeout as rest } from "node:timers/promises";

/** Long enough that the change of turns costs little, and short beside any call. */
const sliceMs = 2;
/** A slice takes a fifth of the time where others wait for this thread. */
const restFactor = 4;

/** Lets other work of this thread run between pieces of a long one: `if (slices.isSpent) await slices.next();` */
export class Slices {
  readonly #othersWait: () => boolean;
  #begunAt = performance.now();

  /** `othersWait` tells whether there is other work to make way for: then a rest follows each slice. */
  constructor(othersWait: () => boolean) {
    this.#othersWait = othersWait;
  }

  get isSpent(): boolean {
    return performance.now() - this.#begunAt >= sliceMs;
  }

  async next(): Promise<void> {
    const spentMs = performance.now() - this.#begunAt;
    await (this.#othersWait() ? rest(spentMs * restFactor) : nextTurn());
    this.#begunAt = performance.now();
  }
}
