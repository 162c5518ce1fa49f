import type { StoredEvent } from "@phasegate/wire";
import { memoryOf } from "./memory-of.ts";

export interface RecentBounds {
  readonly events: number;
  readonly bytes: number;
}

/** Dropped places at the front that may be left before the array is made anew. */
const leastGap = 1_024;

/** The newest events in the order in which they came, never more than either bound; the newest one is always kept. */
export class RecentEvents {
  readonly #bounds: RecentBounds;
  #kept: (StoredEvent | undefined)[] = [];
  #sizes: number[] = [];
  /** Index of the oldest; the places before it hold nothing. */
  #first = 0;
  #bytes = 0;

  constructor(bounds: RecentBounds) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#kept.length - this.#first;
  }

  get oldest(): StoredEvent | null {
    return this.#kept[this.#first] ?? null;
  }

  add(event: StoredEvent): void {
    const size = memoryOf(event);
    this.#kept.push(event);
    this.#sizes.push(size);
    this.#bytes += size;
    while (this.length > 1 && (this.length > this.#bounds.events || this.#bytes > this.#bounds.bytes)) this.#drop();
    // Moving what is kept costs its length: done once for as many drops.
    if (this.#first < leastGap || this.#first < this.length) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }

  /** Those from the oldest but `skip` on, at most `limit`. */
  from(skip: number, limit: number = Infinity): StoredEvent[] {
    const begin = this.#first + skip;
    return this.#kept.slice(begin, begin + limit) as StoredEvent[];
  }

  #drop(): void {
    this.#bytes -= this.#sizes[this.#first] ?? 0;
    this.#kept[this.#first] = undefined;
    this.#first += 1;
  }
}
