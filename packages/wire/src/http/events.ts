import { type Static, Type } from "typebox";
import { eventTypes } from "../events/schemas.ts";
import { AnyObject, bounds, closed, Count, IdText, nullable } from "./bounds.ts";

/** `GET /events`: history, or a stream with `Accept: text/event-stream`. */
export const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: "Position; events after it. A stream without it begins now." }),
    ),
    type: Type.Optional(
      Type.Array(Type.Enum([...eventTypes]), { maxItems: 50, description: "Only these types; may be repeated." }),
    ),
    task_id: Type.Optional(IdText),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: bounds.pageSize, default: 100 })),
  },
  closed,
);
export type EventsQuery = Static<typeof EventsQuery>;

/** CloudEvents 1.0, structured JSON. */
export const CloudEventAnswer = Type.Object({
  specversion: Type.Literal("1.0"),
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  subject: Type.String(),
  time: Type.String(),
  datacontenttype: Type.Literal("application/json"),
  data: AnyObject,
  /** Extension attributes. */
  position: Count,
  version: Count,
  principal: Type.String(),
  agentid: Type.Optional(Type.String()),
  hash: Type.String(),
  /** Of the event before it in its stream; absent at the first. */
  previoushash: Type.Optional(Type.String()),
  /** Members of `data` that stay in the ledger; `hash` counts them. */
  withheld: Type.Optional(Type.String()),
});
export type CloudEventAnswer = Static<typeof CloudEventAnswer>;

export const EventListAnswer = Type.Object({
  events: Type.Array(CloudEventAnswer),
  /** Ask again with `after` set to this; null when nothing came after the last one. */
  next_after: nullable(Count),
});
export type EventListAnswer = Static<typeof EventListAnswer>;
