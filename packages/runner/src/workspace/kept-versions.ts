import type { TaskId } from "@phasegate/wire";

/** Bytes that were stored within one span are counted together. */
const spanMs = 300_000;
/** Left to a task past its bound, so that small corrections go on, up to a tenth more. */
const smallBytes = 64 * 1024;

interface Span {
  readonly at: number;
  bytes: number;
}

/**
 * How many bytes of file versions the server keeps for each task: what its calls stored since the last collection could
 * have removed it, or what its state still needs, whichever is more. So a task takes at most about twice the bound.
 */
export class KeptVersions {
  readonly maxBytes: number;
  readonly #stored = new Map<TaskId, Span[]>();
  #needed: ReadonlyMap<TaskId, number> = new Map();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Contents that were not there before were stored for a task. */
  note(task: TaskId, bytes: number, now: number): void {
    if (bytes === 0) return;
    const spans = this.#stored.get(task) ?? [];
    const last = spans.at(-1);
    if (last !== undefined && now - last.at < spanMs) last.bytes += bytes;
    else spans.push({ at: now, bytes });
    this.#stored.set(task, spans);
  }

  of(task: TaskId): number {
    const stored = (this.#stored.get(task) ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(stored, this.#needed.get(task) ?? 0);
  }

  /** What one call of a task may leave changed. */
  leftFor(task: TaskId): number {
    const kept = this.of(task);
    return kept >= this.maxBytes * 1.1 ? 0 : Math.max(smallBytes, this.maxBytes - kept);
  }

  /** True when some task is past half of its bound: then what nobody needs goes as soon as it may. */
  get isPressed(): boolean {
    return [...this.#stored.keys(), ...this.#needed.keys()].some((task) => this.of(task) > this.maxBytes / 2);
  }

  /** After a collection: what was stored before `since` and is not among the `needed` bytes is gone. */
  settle(since: number, needed: ReadonlyMap<TaskId, number>): void {
    this.#needed = needed;
    for (const [task, spans] of this.#stored) {
      const left = spans.filter(({ at }) => at + spanMs >= since);
      if (left.length === 0) this.#stored.delete(task);
      else this.#stored.set(task, left);
    }
  }
}
