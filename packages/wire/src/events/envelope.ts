import type { Digest, EventId, PrincipalId } from "../ids.ts";
import { digestJson } from "../json.ts";
import type { EventData, EventType } from "./schemas.ts";

/** An event as the engine makes it: not yet part of the ledger. */
export type NewEvent = {
  [T in EventType]: { readonly id: EventId; readonly type: T; readonly data: EventData<T> };
}[EventType];

/** Who caused a batch of events, and when. */
export interface EventOrigin {
  readonly principal: PrincipalId;
  /** The name under which an agent works; null for anyone else. */
  readonly agentId: string | null;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

/** The part of a stored event that its hash covers, in the wire's names. */
export interface HashedEvent {
  readonly id: EventId;
  readonly stream: string;
  /** 1..n within the stream, without a gap. */
  readonly version: number;
  readonly type: EventType;
  readonly at: string;
  readonly principal: PrincipalId;
  readonly agent_id: string | null;
  readonly data: NewEvent["data"];
  /** Hash of the event before it in the stream; null for the first. */
  readonly previous_hash: Digest | null;
}

/** An event in the ledger. */
export interface StoredEvent extends HashedEvent {
  /** SHA-256 over the RFC 8785 form of the members of `HashedEvent`. */
  readonly hash: Digest;
  /** Orders all events of the ledger, ascending; for subscribers. Not covered by the hash. */
  readonly position: number;
}

/** A stored event narrowed by its type. */
export type StoredEventOf<T extends EventType> = Omit<StoredEvent, "type" | "data"> & {
  readonly type: T;
  readonly data: EventData<T>;
};

export function isEvent<T extends EventType>(event: StoredEvent, type: T): event is StoredEvent & StoredEventOf<T> {
  return event.type === type;
}

/** The hash that an event must carry. */
export function hashEvent(event: HashedEvent): Digest {
  return digestJson({
    id: event.id,
    stream: event.stream,
    version: event.version,
    type: event.type,
    at: event.at,
    principal: event.principal,
    agent_id: event.agent_id,
    data: event.data,
    previous_hash: event.previous_hash,
  });
}
