import type { Ledger } from "@phasegate/ledger";
import type { EventType, StoredEvent, TaskId } from "@phasegate/wire";
import { cloudEvent } from "./cloud-event.ts";
import type { EventVisibility } from "./event-visibility.ts";

export interface EventFilter {
  readonly types: ReadonlySet<EventType> | null;
  readonly taskId: TaskId | null;
  readonly visibility: EventVisibility;
}

export interface EventStreamRequest extends EventFilter {
  readonly ledger: Ledger;
  readonly after: number;
  /** False once the reader's key is revoked or past its time: the stream ends. */
  readonly mayRead: () => boolean;
  readonly signal: AbortSignal;
  readonly heartbeatMs: number;
}

/**
 * Events as server-sent events, from a position on, until the signal fires. The id of each is its position, so that
 * a client that reconnects with Last-Event-ID misses none. A comment goes out when nothing happened for a while.
 * The consumer's pace is the producer's: nothing is read ahead of what was taken.
 */
export async function* streamEvents(request: EventStreamRequest): AsyncGenerator<string, void, undefined> {
  const { ledger, after, signal } = request;
  const events = ledger.follow({ after, signal, reader: "stream" })[Symbol.asyncIterator]();
  const heartbeat = new Heartbeat(request.heartbeatMs);
  try {
    yield "retry: 2000\n\n";
    let next = events.next();
    for (;;) {
      const result = await Promise.race([next, heartbeat.next()]);
      if (!request.mayRead()) return;
      if (result === "heartbeat") {
        yield ": heartbeat\n\n";
        continue;
      }
      if (result.done === true) return;
      if (isWanted(request, result.value)) yield formatEvent(result.value);
      next = events.next();
    }
  } finally {
    heartbeat.stop();
    await events.return?.();
  }
}

/** True for an event that the reader asked for and may see. It must be shown all of them, in order. */
export function isWanted(request: EventFilter, event: StoredEvent): boolean {
  // First, since it learns from each event.
  const visible = request.visibility.allows(event);
  if (request.taskId !== null && event.stream !== `task/${request.taskId}`) return false;
  return visible && (request.types === null || request.types.has(event.type));
}

function formatEvent(event: StoredEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(cloudEvent(event))}\n\n`;
}

/** One timer that goes off after a pause, begun anew whenever it is asked. */
class Heartbeat {
  private readonly afterMs: number;
  private timer: NodeJS.Timeout | null = null;

  constructor(afterMs: number) {
    this.afterMs = afterMs;
  }

  next(): Promise<"heartbeat"> {
    this.stop();
    return new Promise((resolve) => {
      this.timer = setTimeout(() => resolve("heartbeat"), this.afterMs);
      this.timer.unref();
    });
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
