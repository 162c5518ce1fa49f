import type { StoredEvent } from "@phasegate/wire";
import type { FollowOptions, LedgerReader } from "./port.ts";
import { RecentEvents } from "./recent-events.ts";

/** What followers read from memory, of the newest. */
const recentBounds = { events: 4_096, bytes: 8 * 1024 ** 2 };
const pageSize = 500;

/**
 * Lets any number of readers follow the ledger from a position without a gap.
 * A reader catches up by pages from the store, then lives on the newest events, which are kept here in position
 * order; one that falls behind them goes back to the store. `publish` is called once for each committed group.
 */
export class Followers {
  readonly #readAll: (options: { after: number; limit: number }) => Promise<StoredEvent[]>;
  readonly #recent = new RecentEvents(recentBounds);
  #last: number;
  #closed = false;
  readonly #wakeups = new Set<() => void>();
  readonly #readers = new Set<{ readonly reader: string; position: number }>();

  constructor(options: {
    lastPosition: number;
    readAll: (options: { after: number; limit: number }) => Promise<StoredEvent[]>;
  }) {
    this.#last = options.lastPosition;
    this.#readAll = options.readAll;
  }

  /** Hands on events that are durable, in position order. */
  publish(events: readonly StoredEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#last = last.position;
    for (const event of events) this.#recent.add(event);
    this.#wake();
  }

  async *follow(options: FollowOptions): AsyncGenerator<StoredEvent, void, undefined> {
    const place = { reader: options.reader ?? "server", position: options.after };
    this.#readers.add(place);
    try {
      yield* this.#follow(options, place);
    } finally {
      this.#readers.delete(place);
    }
  }

  readers(): LedgerReader[] {
    return [...this.#readers].map(({ reader, position }) => ({ reader, position }));
  }

  async *#follow(options: FollowOptions, place: { position: number }): AsyncGenerator<StoredEvent, void, undefined> {
    let position = options.after;
    while (!this.#closed && !options.signal.aborted) {
      if (position >= this.#last) {
        await this.#nextWakeup(options.signal);
        continue;
      }
      const page = this.#recentAfter(position) ?? (await this.#readAll({ after: position, limit: pageSize }));
      for (const event of page) {
        if (options.signal.aborted || this.#closed) return;
        position = event.position;
        place.position = position;
        yield event;
      }
    }
  }

  /** Ends every follower. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** The kept events after a position, or null when some of them are no longer kept. */
  #recentAfter(position: number): StoredEvent[] | null {
    const first = this.#recent.oldest;
    if (first === null || first.position > position + 1) return null;
    return this.#recent.from(position + 1 - first.position, pageSize);
  }

  #nextWakeup(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakeups.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakeups.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of this.#wakeups) wake();
  }
}
