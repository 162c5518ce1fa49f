import type { Ledger } from "@phasegate/ledger";
import {
  Bulkhead,
  type CircuitBreaker,
  CircuitBreakerOpenError,
  CircuitState,
  delayAfter,
  wait,
} from "@phasegate/resilience";
import { type JsonObject, serverPrincipalId, type StoredEvent } from "@phasegate/wire";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { Clock } from "../context.ts";
import { cloudEvent } from "../events/cloud-event.ts";
import { backoffOf } from "../jobs/backoff.ts";
import { type Channel, channelOf } from "./channel.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { sendWebhook, WebhookRefusal } from "./send-webhook.ts";
import type { Webhook } from "./webhook.ts";

export interface DeliveryParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  /** As it is now. */
  readonly retry: () => Config["retry"];
  readonly channel: Channel;
  /** Asked for at each use: one that was never used is not shown. */
  readonly breaker: () => CircuitBreaker;
  readonly deadLetters: DeadLetters;
  readonly random: () => number;
}

export interface DeliveryStatus {
  /** Every event up to here was taken, or is a dead letter. */
  readonly position: number;
  /** Events read and not taken yet. */
  readonly outstanding: number;
  /** True after an answer of 410: nothing is sent until an operator has it go on. */
  readonly gone: boolean;
  readonly lastError: string | null;
}

/** How many events that a channel leaves out are read again after a crash, at most. */
const maxReadAgain = 1_000;
/** Events read ahead of the first that was not taken. When they are so many, nothing more is read. */
const window = 256;
/** Requests to one receiver at once. */
const concurrency = 4;
/** The position is kept this long after it moved; what was sent since is sent again after a crash. */
const flushMs = 200;
/** An event that no answer settles for so long is a dead letter. */
const longestMs = 24 * 3_600_000;
const shortestWaitMs = 50;

/**
 * Brings one receiver every event of one channel that it wants, at least once, those of one stream in order, from a
 * position that is kept in the ledger. Streams go on beside each other: an event that is refused holds up its own stream only.
 *
 * An attempt that failed while the circuit was closed counts against the event; once it has used up its attempts it is a
 * dead letter. While the circuit is open or tried, the receiver as a whole is what fails: nothing is counted, the ledger
 * keeps what comes, and delivery goes on where it stood.
 */
export class WebhookDelivery {
  readonly webhook: Webhook;
  readonly #parts: DeliveryParts;
  readonly #lanes = new Map<string, StoredEvent[]>();
  readonly #outstanding = new Set<number>();
  readonly #places = new Bulkhead({ maxConcurrent: concurrency, maxQueued: window });
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<void>>();
  #room = Promise.withResolvers<void>();
  #waking = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #read = 0;
  #kept = 0;
  #flush: NodeJS.Timeout | null = null;
  #gone = false;
  #lastError: string | null = null;

  constructor(webhook: Webhook, parts: DeliveryParts) {
    this.webhook = webhook;
    this.#parts = parts;
  }

  /** Begins where it stood; a receiver that is new begins now. */
  async start(): Promise<void> {
    const { ledger } = this.#parts;
    const kept = await ledger.getCursor(this.#cursor);
    this.#read = kept ?? (await this.#beginning());
    if (kept === null) await ledger.moveCursor({ name: this.#cursor, position: this.#read });
    this.#kept = this.#read;
    this.#running = this.#follow();
  }

  status(): DeliveryStatus {
    return {
      position: this.#position(),
      outstanding: this.#outstanding.size,
      gone: this.#gone,
      lastError: this.#lastError,
    };
  }

  /** A channel that is new begins where the receiver's events stand. */
  async #beginning(): Promise<number> {
    const { ledger } = this.#parts;
    return (await ledger.getCursor(cursorOf("webhook", this.webhook))) ?? (await ledger.lastPosition());
  }

  /** Sends again to a receiver that wanted no more. */
  resume(): void {
    this.#gone = false;
    this.goOn();
  }

  /** Ends every pause: what waits is tried now, as after its circuit was closed by hand. */
  goOn(): void {
    this.#waking.abort();
    this.#waking = new AbortController();
  }

  /** Sends one event once, behind the same breaker; throws what became of it. */
  async sendOnce(event: StoredEvent): Promise<void> {
    await this.#parts.breaker().call(() => this.#send(event));
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error("the server is shutting down"));
    this.#room.resolve();
    if (this.#flush) clearTimeout(this.#flush);
    await this.#running;
    await Promise.all(this.#working);
    await this.#keep();
  }

  get #cursor(): string {
    return cursorOf(this.#parts.channel, this.webhook);
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #follow(): Promise<void> {
    const { ledger, log, channel } = this.#parts;
    const { signal } = this.#stopping;
    while (!this.#stopped) {
      try {
        for await (const event of ledger.follow({ after: this.#read, signal, reader: "webhook" })) {
          while (this.#outstanding.size >= window && !this.#stopped) await this.#room.promise;
          if (this.#stopped) return;
          this.#read = event.position;
          if (channelOf(event, this.webhook) === channel) this.#queue(event);
          else if (channel === "webhook" || event.position - this.#kept >= maxReadAgain) this.#keepSoon();
        }
        return;
      } catch (error) {
        log.error({ err: error, webhook: this.webhook.name }, "events for a webhook could not be read");
        await wait(1_000, signal).catch(() => undefined);
      }
    }
  }

  #queue(event: StoredEvent): void {
    this.#outstanding.add(event.position);
    const lane = this.#lanes.get(event.stream);
    if (lane) {
      lane.push(event);
      return;
    }
    const begun = [event];
    this.#lanes.set(event.stream, begun);
    const work = this.#work(event.stream, begun).finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  async #work(stream: string, lane: StoredEvent[]): Promise<void> {
    for (let event = lane[0]; event && !this.#stopped; event = lane[0]) {
      if (!(await this.#settle(event))) return;
      lane.shift();
      this.#outstanding.delete(event.position);
      this.#room.resolve();
      this.#room = Promise.withResolvers();
      this.#keepSoon();
    }
    this.#lanes.delete(stream);
  }

  /** True once the event was taken or is a dead letter; false when the server stops first. */
  async #settle(event: StoredEvent): Promise<boolean> {
    for (let attempts = 0; !this.#stopped;) {
      if (this.#gone) {
        await this.#pause(longestMs);
        continue;
      }
      const isTrial = this.#parts.breaker().state !== CircuitState.CLOSED;
      try {
        await this.#places.execute(() => this.sendOnce(event));
        return true;
      } catch (error) {
        if (this.#stopped) return false;
        const refused = error instanceof WebhookRefusal;
        if (refused) this.#note(error, event);
        if (refused && !isTrial) attempts += 1;
        const isLost = attempts >= this.webhook.maxAttempts || this.#isTooOld(event);
        if (isLost && (await this.#bury(event, attempts, error))) return true;
        await this.#pause(this.#pauseMs(error, attempts));
      }
    }
    return false;
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, AbortSignal.any([this.#stopping.signal, this.#waking.signal])).catch(() => undefined);
  }

  #send(event: StoredEvent): Promise<void> {
    const { clock } = this.#parts;
    const message = { id: event.id, event: cloudEvent(event) as unknown as JsonObject };
    return sendWebhook(this.webhook, message, { now: clock.now(), signal: this.#stopping.signal });
  }

  #note(error: WebhookRefusal, event: StoredEvent): void {
    this.#lastError = error.message;
    if (error.isGone) this.#gone = true;
    const { name } = this.webhook;
    this.#parts.log.warn({ webhook: name, event: event.id, reason: error.message }, "a webhook did not take an event");
  }

  async #bury(event: StoredEvent, attempts: number, error: unknown): Promise<boolean> {
    const { deadLetters, log } = this.#parts;
    const reason = error instanceof Error ? error.message : "unknown";
    try {
      await deadLetters.add({ webhook: this.webhook.name, event, attempts, error: reason }, serverPrincipalId);
      return true;
    } catch (cause) {
      // The event stays where it is and is tried again: it is lost only once that is written down.
      log.error({ err: cause, webhook: this.webhook.name }, "a dead letter could not be recorded");
      return false;
    }
  }

  #isTooOld(event: StoredEvent): boolean {
    return this.#parts.clock.now() - Date.parse(event.at) > longestMs;
  }

  #pauseMs(error: unknown, attempts: number): number {
    if (error instanceof CircuitBreakerOpenError) return Math.max(shortestWaitMs, error.retryAfterMs);
    const backoff = backoffOf(this.#parts.retry());
    const asked = error instanceof WebhookRefusal ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, delayAfter(backoff, Math.max(1, attempts), this.#parts.random()));
  }

  #position(): number {
    let first = this.#read + 1;
    for (const position of this.#outstanding) first = Math.min(first, position);
    return first - 1;
  }

  #keepSoon(): void {
    if (this.#flush || this.#stopped) return;
    this.#flush = setTimeout(() => {
      this.#flush = null;
      const keeping = this.#keep().finally(() => this.#working.delete(keeping));
      this.#working.add(keeping);
    }, flushMs);
    this.#flush.unref();
  }

  async #keep(): Promise<void> {
    const position = this.#position();
    if (position <= this.#kept) return;
    try {
      await this.#parts.ledger.moveCursor({ name: this.#cursor, position });
      this.#kept = position;
    } catch (error) {
      this.#parts.log.warn({ err: error, webhook: this.webhook.name }, "a webhook's position could not be kept");
    }
  }
}

function cursorOf(channel: Channel, { name }: Webhook): string {
  return `${channel} ${name}`;
}
