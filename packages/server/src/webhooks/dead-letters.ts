import type { Ledger } from "@phasegate/ledger";
import {
  type EventId,
  type EventType,
  isEvent,
  parseId,
  PhasegateError,
  type PrincipalId,
  type StoredEvent,
} from "@phasegate/wire";
import type { Ids } from "../context.ts";
import type { SystemStream } from "../events/system-stream.ts";

export interface DeadLetter {
  readonly id: EventId;
  readonly webhook: string;
  readonly eventId: EventId;
  readonly eventType: string;
  readonly position: number;
  readonly attempts: number;
  readonly error: string;
  readonly at: string;
}

const pageSize = 1_000;

/** The events that no receiver took, as the ledger has them: recorded, listed while they are open, settled. */
export class DeadLetters {
  readonly #parts: { readonly ledger: Ledger; readonly ids: Ids; readonly system: SystemStream };

  constructor(parts: { readonly ledger: Ledger; readonly ids: Ids; readonly system: SystemStream }) {
    this.#parts = parts;
  }

  async add(
    letter: {
      readonly webhook: string;
      readonly event: StoredEvent;
      readonly attempts: number;
      readonly error: string;
    },
    by: PrincipalId,
  ): Promise<void> {
    const { webhook, event, attempts, error } = letter;
    const data = {
      webhook,
      event_id: event.id,
      event_type: event.type,
      event_position: event.position,
      attempts,
      error: error.slice(0, 500),
    };
    const id = this.#parts.ids.make("event");
    await this.#parts.system.append([{ id, type: "webhook.dead_lettered", data }], by);
  }

  /** Notes that the receiver took it after all. */
  async settle(letter: DeadLetter, by: PrincipalId): Promise<void> {
    const id = this.#parts.ids.make("event");
    const data = { webhook: letter.webhook, event_id: letter.eventId, dead_letter_id: letter.id };
    await this.#parts.system.append([{ id, type: "webhook.redelivered", data }], by);
  }

  /** Those that are open, oldest first. Holds no more than a page of letters, however many there are. */
  async list(options: { readonly webhook?: string; readonly limit: number }): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for (let after = 0; found.length < options.limit;) {
      const page = await this.#read("webhook.dead_lettered", after);
      const letters = page.flatMap((event) => letterOf(event) ?? []);
      const wanted = letters.filter(({ webhook }) => (options.webhook ?? webhook) === webhook);
      found.push(...(await this.#open(wanted)));
      if (page.length < pageSize) break;
      after = page.at(-1)?.position ?? after;
    }
    return found.slice(0, options.limit);
  }

  /** Those of the letters that no receiver took since, in their order. */
  async #open(letters: readonly DeadLetter[]): Promise<DeadLetter[]> {
    const open = new Map(letters.map((letter) => [letter.id as string, letter]));
    for (let after = letters[0]?.position ?? 0; open.size > 0;) {
      const page = await this.#read("webhook.redelivered", after);
      for (const event of page) if (isEvent(event, "webhook.redelivered")) open.delete(event.data.dead_letter_id);
      if (page.length < pageSize) break;
      after = page.at(-1)?.position ?? after;
    }
    return [...open.values()];
  }

  #read(type: EventType, after: number): Promise<StoredEvent[]> {
    return this.#parts.ledger.readAll({ after, limit: pageSize, types: [type] });
  }

  /** The letter and its event; throws `not_found`. */
  async require(text: string): Promise<{ letter: DeadLetter; event: StoredEvent }> {
    const { ledger } = this.#parts;
    const id = parseId("event", text);
    const found = id === null ? null : await ledger.getEvent(id);
    const letter = found && letterOf(found);
    const event = letter && (await ledger.getEvent(letter.eventId));
    if (letter && event) return { letter, event };
    throw new PhasegateError("not_found", `no dead letter has the id \`${text}\``, {
      hint: "GET /api/v1/webhooks/dead-letters lists them",
    });
  }
}

function letterOf(event: StoredEvent): DeadLetter | null {
  if (!isEvent(event, "webhook.dead_lettered")) return null;
  const { webhook, event_id, event_type, event_position, attempts, error } = event.data;
  return {
    id: event.id,
    webhook,
    eventId: event_id as EventId,
    eventType: event_type,
    position: event_position,
    attempts,
    error,
    at: event.at,
  };
}
