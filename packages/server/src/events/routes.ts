import {
  EventListAnswer,
  EventsQuery,
  type EventType,
  PhasegateError,
  type StoredEvent,
  type TaskId,
} from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { type Route, route, type RouteAnswer } from "../http/route.ts";
import { beginAfter } from "./begin-after.ts";
import { cloudEvent } from "./cloud-event.ts";
import { streamEvents } from "./event-stream.ts";
import { type StreamLimits, StreamPlaces } from "./stream-places.ts";
import { EventVisibility } from "./event-visibility.ts";

export interface EventRouteLimits extends StreamLimits {
  readonly heartbeatMs: number;
}

const defaultLimits: EventRouteLimits = { maxStreams: 128, maxStreamsPerPrincipal: 16, heartbeatMs: 15_000 };
/** Pages that one history request reads in search of events that the caller may see. */
const maxPages = 20;

/** GET /events: history, and with `Accept: text/event-stream` what follows. */
export function eventRoutes(limits: EventRouteLimits = defaultLimits): Route[] {
  const places = new StreamPlaces(limits);
  return [
    route({
      method: "GET",
      path: "/api/v1/events",
      operationId: "listEvents",
      summary: "Events after a position as CloudEvents; follows them with `Accept: text/event-stream`",
      notes:
        "Over WebSocket: `GET /api/v1/events/stream?after=&type=&task_id=` with `Upgrade: websocket` and the key in " +
        "`Authorization`. One CloudEvent a message; the reader sends none. It is closed with 1001 (the server stops), 1003 " +
        "(the reader sent something), 1011 (the ledger cannot be read), 4401 (the key is revoked or past its time) or 4408 " +
        "(the reader is too slow), and resumed with `after`.",
      tag: "events",
      access: { kind: "principal", open: false },
      deadline: "own",
      long: true,
      query: EventsQuery,
      answers: { 200: EventListAnswer },
      handle: async (context, caller, { query, headers }) => {
        const visibility = await EventVisibility.of(caller, context.ledger);
        const wanted: Wanted = {
          after: query.after ?? null,
          types: query.type ?? null,
          taskId: query.task_id === undefined ? null : await visibility.requireTask(context, query.task_id),
          limit: query.limit ?? 100,
        };
        if (!String(headers["accept"] ?? "").includes("text/event-stream")) {
          return history(context, visibility, wanted);
        }
        const after = await beginAfter(context.ledger, lastEventId(headers["last-event-id"]) ?? wanted.after);
        return follow(context, caller, visibility, { ...wanted, after }, places, limits.heartbeatMs);
      },
    }),
  ];
}

interface Wanted {
  readonly after: number | null;
  readonly types: readonly EventType[] | null;
  readonly taskId: TaskId | null;
  readonly limit: number;
}

async function history(context: ServerContext, visibility: EventVisibility, wanted: Wanted): Promise<RouteAnswer> {
  const found: StoredEvent[] = [];
  let after = await beginAfter(context.ledger, wanted.after ?? 0);
  for (let page = 0; page < maxPages; page += 1) {
    const events = await context.ledger.readAll({
      after,
      limit: wanted.limit,
      ...(wanted.types ? { types: wanted.types } : {}),
      ...(wanted.taskId ? { taskId: wanted.taskId } : {}),
    });
    for (const event of events) {
      after = event.position;
      if (visibility.allows(event)) found.push(event);
      if (found.length === wanted.limit) return listAnswer(found, after);
    }
    if (events.length < wanted.limit) return listAnswer(found, null);
  }
  return listAnswer(found, after);
}

function listAnswer(events: readonly StoredEvent[], nextAfter: number | null): RouteAnswer {
  return { status: 200, body: { events: events.map(cloudEvent), next_after: nextAfter } };
}

function follow(
  context: ServerContext,
  caller: Caller,
  visibility: EventVisibility,
  wanted: Wanted & { readonly after: number },
  places: StreamPlaces,
  heartbeatMs: number,
): RouteAnswer {
  const { signal } = caller;
  places.take(caller.principal.id, signal);
  const stream = streamEvents({
    ledger: context.ledger,
    after: wanted.after,
    types: wanted.types ? new Set(wanted.types) : null,
    taskId: wanted.taskId,
    visibility,
    mayRead: () => caller.principal.keyId === null || context.keys.principalOfKey(caller.principal.keyId) !== null,
    signal,
    heartbeatMs,
  });
  const headers = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
  return { status: 200, body: undefined, headers, stream };
}

function lastEventId(header: string | string[] | undefined): number | null {
  if (header === undefined || header === "") return null;
  if (typeof header === "string" && /^\d{1,15}$/.test(header)) return Number(header);
  throw new PhasegateError("invalid_request", "`Last-Event-ID` is no position", {
    findings: [{ place: "/headers/last-event-id", message: "must be the id of an event of this stream" }],
    hint: "leave the header out to begin now",
  });
}
