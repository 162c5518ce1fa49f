import type { Api } from "./api.ts";

interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** The decisions that a server answered, to be held against its ledger later. */
export class Answered {
  readonly #events = new Map<string, Set<string>>();
  count = 0;

  /** Takes note of the event that an answer names; an answer that names none promised nothing. */
  note(taskId: string, body: Record<string, unknown>): void {
    const eventId = body["event_id"];
    if (typeof eventId !== "string") return;
    const events = this.#events.get(taskId) ?? new Set();
    this.#events.set(taskId, events.add(eventId));
    this.count += 1;
  }

  /** What was answered and is not in the ledger; empty when the promise held. */
  async lost(operator: Api): Promise<string[]> {
    const lost: string[] = [];
    for (const [taskId, answered] of this.#events) {
      const known = new Set((await eventsOf(operator, taskId)).map(({ id }) => id));
      for (const id of answered) if (!known.has(id)) lost.push(`${taskId}: ${id} was answered and is lost`);
    }
    return lost;
  }

  /** Calls of these tasks that are neither finished nor interrupted. */
  async open(operator: Api): Promise<string[]> {
    const open: string[] = [];
    for (const taskId of this.#events.keys()) {
      const calls = new Set<unknown>();
      for (const { id, type, data } of await eventsOf(operator, taskId)) {
        if (type.endsWith("tool.started") && data["via"] === "execute") calls.add(id);
        if (/tool\.(executed|rolled_back|interrupted)$/.test(type)) calls.delete(data["call_id"]);
      }
      for (const id of calls) open.push(`${taskId}: the call ${String(id)} is neither finished nor interrupted`);
    }
    return open;
  }
}

async function eventsOf(operator: Api, taskId: string): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  let after: unknown = 0;
  do {
    const { body } = await operator.get(`/events?task_id=${taskId}&limit=1000&after=${String(after)}`);
    found.push(...(body["events"] as StoredEvent[]));
    after = body["next_after"];
  } while (after !== null);
  return found;
}
