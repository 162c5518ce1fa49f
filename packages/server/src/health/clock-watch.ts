const settleMs = 30_000;

/**
 * Compares the wall clock with one that only runs forward. After a jump in either direction the clock counts as unsound
 * for half a minute: leases and tokens are measured by it.
 */
export class ClockWatch {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #last: { wall: number; steady: number };
  #jump: { byMs: number; at: number } | null = null;

  constructor(wall: () => number, steady: () => number) {
    this.#wall = wall;
    this.#steady = steady;
    this.#last = { wall: wall(), steady: steady() };
  }

  /** Milliseconds of a jump past the bound that was seen within the last half minute; null when there was none. */
  jumpMs(maxJumpMs: number): number | null {
    const now = { wall: this.#wall(), steady: this.#steady() };
    const byMs = now.wall - this.#last.wall - (now.steady - this.#last.steady);
    this.#last = now;
    if (Math.abs(byMs) > maxJumpMs) this.#jump = { byMs, at: now.steady };
    if (this.#jump && now.steady - this.#jump.at >= settleMs) this.#jump = null;
    return this.#jump?.byMs ?? null;
  }
}
