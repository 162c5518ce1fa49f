import { type Ledger, RecentEvents } from "@phasegate/ledger";
import { type EventType, isEvent, type StoredEvent, type StoredEventOf } from "@phasegate/wire";

type EventOf<Type extends EventType | "*"> = Type extends EventType ? StoredEvent & StoredEventOf<Type> : StoredEvent;

export type EventHandler<Type extends EventType | "*"> = (event: EventOf<Type>) => void | Promise<void>;

export interface Subscription {
  /** False once it was ended, by its owner or because it fell too far behind. */
  readonly active: boolean;
  /** Position of the last event that its handler is done with; 0 before the first. Replay from here. */
  readonly position: number;
  unsubscribe(): void;
}

export interface EventBusOptions {
  readonly ledger: Pick<Ledger, "follow" | "readAll" | "lastPosition">;
  /** Newest events that `history` can give, as long as they take no more than `maxHistoryBytes`. */
  readonly maxHistory: number;
  /** Default: 16 MiB. */
  readonly maxHistoryBytes?: number;
  /** A handler threw, or was ended for being too slow. */
  readonly onTrouble: (trouble: { readonly event: StoredEvent; readonly error: unknown }) => void;
  /** Events that may wait for one handler. Default: 10,000. */
  readonly maxQueued?: number;
}

/** A handler fell so far behind that its subscription was ended. */
export class SlowHandlerError extends Error {
  override readonly name = "SlowHandlerError";
}

const pageSize = 1_000;
const defaultHistoryBytes = 16 * 1024 ** 2;

/**
 * Hands events on inside the process. Each handler gets its events one by one and in order, in its own time: one that
 * throws loses that event only, one that is slow holds up nobody, and one that falls `maxQueued` behind is ended and can
 * replay from its position. `publish` neither waits nor throws.
 */
export class EventBus {
  readonly #options: EventBusOptions;
  readonly #queues = new Set<HandlerQueue>();
  readonly #stopping = new AbortController();
  readonly #history: RecentEvents;
  #feeding: Promise<void> = Promise.resolve();

  constructor(options: EventBusOptions) {
    this.#options = options;
    const { maxHistory, maxHistoryBytes = defaultHistoryBytes } = options;
    this.#history = new RecentEvents({ events: maxHistory, bytes: maxHistoryBytes });
  }

  /** Publishes every event that the ledger commits from now on. */
  async start(): Promise<void> {
    const after = await this.#options.ledger.lastPosition();
    this.#feeding = this.#feed(after);
  }

  publish(event: StoredEvent): void {
    this.#history.add(event);
    for (const queue of this.#queues) queue.offer(event);
  }

  subscribe<Type extends EventType | "*">(type: Type, handler: EventHandler<Type>): Subscription {
    const { onTrouble, maxQueued = 10_000 } = this.#options;
    const wanted = (event: StoredEvent): boolean => type === "*" || event.type === type;
    const queue = new HandlerQueue(wanted, handler as EventHandler<"*">, {
      maxQueued,
      onTrouble,
      onEnd: () => this.#queues.delete(queue),
    });
    this.#queues.add(queue);
    return queue;
  }

  /** The newest events published here, oldest first; at most `maxHistory` and `maxHistoryBytes` are kept. */
  history(type: EventType | null = null, limit = this.#options.maxHistory): StoredEvent[] {
    const kept = this.#history.from(0);
    const wanted = type === null ? kept : kept.filter((event) => isEvent(event, type));
    return limit <= 0 ? [] : wanted.slice(-limit);
  }

  /** Every event after a position, from the ledger, up to what was the last at the call. */
  async *replay(options: { readonly after: number; readonly type?: EventType }): AsyncGenerator<StoredEvent, void> {
    const { ledger } = this.#options;
    const last = await ledger.lastPosition();
    const types = options.type === undefined ? {} : { types: [options.type] };
    for (let after = options.after; ;) {
      const page = await ledger.readAll({ after, limit: pageSize, ...types });
      for (const event of page) {
        if (event.position > last) return;
        after = event.position;
        yield event;
      }
      if (page.length < pageSize) return;
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#feeding;
    for (const queue of this.#queues) queue.unsubscribe();
  }

  async #feed(after: number): Promise<void> {
    const { signal } = this.#stopping;
    for await (const event of this.#options.ledger.follow({ after, signal, reader: "bus" })) this.publish(event);
  }
}

interface QueueOptions {
  readonly maxQueued: number;
  readonly onTrouble: EventBusOptions["onTrouble"];
  readonly onEnd: () => void;
}

class HandlerQueue implements Subscription {
  readonly #wanted: (event: StoredEvent) => boolean;
  readonly #handler: EventHandler<"*">;
  readonly #options: QueueOptions;
  #waiting: StoredEvent[] = [];
  #running = false;
  #active = true;
  #position = 0;

  constructor(wanted: (event: StoredEvent) => boolean, handler: EventHandler<"*">, options: QueueOptions) {
    this.#wanted = wanted;
    this.#handler = handler;
    this.#options = options;
  }

  get active(): boolean {
    return this.#active;
  }

  get position(): number {
    return this.#position;
  }

  offer(event: StoredEvent): void {
    if (!this.#wanted(event)) return;
    if (this.#waiting.length >= this.#options.maxQueued) {
      this.unsubscribe();
      const error = new SlowHandlerError(`${this.#options.maxQueued} events wait for one handler`);
      this.#options.onTrouble({ event, error });
      return;
    }
    this.#waiting.push(event);
    if (!this.#running) void this.#run();
  }

  unsubscribe(): void {
    this.#active = false;
    this.#waiting = [];
    this.#options.onEnd();
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Handlers run after the publisher has gone on.
    await Promise.resolve();
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      try {
        await this.#handler(event);
      } catch (error) {
        this.#options.onTrouble({ event, error });
      }
      this.#position = event.position;
    }
    this.#running = false;
  }
}
