import type { Digest, EventId, EventType, JsonValue, PrincipalId, StoredEvent } from "@phasegate/wire";
import type { Payload, ReadAllOptions, StoredSignedHead } from "../port.ts";
import { pageSize } from "../query-bounds.ts";
import type { SqlRow } from "./driver.ts";
import { isErased } from "./payload-states.ts";
import type { Reader } from "./reader.ts";

export const selectEvent = `
  select position, stream.name as stream, version, event.id, type, at, principal, agent_id, data, previous_hash, hash
  from event join stream on stream.id = event.stream_id`;

/** The event that `selectEvent` found. */
export function decodeEvent(row: SqlRow): StoredEvent {
  return {
    id: row["id"] as EventId,
    stream: row["stream"] as string,
    version: row["version"] as number,
    type: row["type"] as EventType,
    at: row["at"] as string,
    principal: row["principal"] as PrincipalId,
    agent_id: row["agent_id"] as string | null,
    data: JSON.parse(row["data"] as string) as StoredEvent["data"],
    previous_hash: row["previous_hash"] as Digest | null,
    hash: row["hash"] as Digest,
    position: row["position"] as number,
  };
}

export function readStream(
  reader: Reader,
  stream: string,
  options: { afterVersion?: number; limit?: number },
): StoredEvent[] {
  const rows = reader.all(
    `${selectEvent} where stream_id = (select id from stream where name = ?) and version > ? order by version limit ?`,
    stream,
    options.afterVersion ?? 0,
    pageSize(options.limit),
  );
  return rows.map(decodeEvent);
}

/** Version and hash of a stream's last event. */
export function readHead(reader: Reader, stream: string): { version: number; hash: Digest | null } {
  const row = reader.get(
    `select version, hash from event where stream_id = (select id from stream where name = ?)
     order by version desc limit 1`,
    stream,
  );
  return { version: (row?.["version"] ?? 0) as number, hash: (row?.["hash"] ?? null) as Digest | null };
}

export function readEvent(reader: Reader, id: EventId): StoredEvent | null {
  const row = reader.get(`${selectEvent} where event.id = ?`, id);
  return row === null ? null : decodeEvent(row);
}

/** Events that one step of a page reads. */
const stepSize = 100;

/**
 * Events in position order, in steps that let other work run. By type, cost grows with the page and the number of types,
 * not with the ledger.
 */
export async function readAll(reader: Reader, options: ReadAllOptions): Promise<StoredEvent[]> {
  const count = pageSize(options.limit);
  const slices = reader.slices();
  const found: StoredEvent[] = [];
  let { after } = options;
  while (found.length < count) {
    const wanted = Math.min(stepSize, count - found.length);
    const events = readStep(reader, { ...options, after }, wanted);
    found.push(...events);
    if (events.length < wanted) break;
    after = events.at(-1)?.position ?? after;
    if (slices.isSpent) await slices.next();
  }
  return found;
}

function readStep(reader: Reader, { after, types, taskId }: ReadAllOptions, count: number): StoredEvent[] {
  if (taskId !== undefined) {
    const rows = reader.all(
      `${selectEvent} where stream_id = (select id from stream where name = ?1) and position > ?2
       and (?3 is null or type in (select value from json_each(?3))) order by version limit ?4`,
      `task/${taskId}`,
      after,
      types === undefined ? null : JSON.stringify(types),
      count,
    );
    return rows.map(decodeEvent);
  }
  if (types === undefined) {
    return reader.all(`${selectEvent} where position > ? order by position limit ?`, after, count).map(decodeEvent);
  }
  return positionsByType(reader, { types, after, count }).map((position) => {
    const row = reader.get(`${selectEvent} where position = ?`, position);
    return decodeEvent(row as SqlRow);
  });
}

/** The first positions after one, merged from the index of each type. */
function positionsByType(
  reader: Reader,
  options: { readonly types: readonly EventType[]; readonly after: number; readonly count: number },
): number[] {
  const sql = "select position from event where type = ? and position > ? order by position limit ?";
  return [...new Set(options.types)]
    .flatMap((type) => reader.all(sql, type, options.after, options.count))
    .map((row) => row["position"] as number)
    .sort((left, right) => left - right)
    .slice(0, options.count);
}

export function readSignedHeads(reader: Reader, stream: string): StoredSignedHead[] {
  const rows = reader.all(
    `select version, hash, key_id, signature from signed_head
     where stream_id = (select id from stream where name = ?) order by version`,
    stream,
  );
  return rows.map((row) => ({
    version: row["version"] as number,
    hash: row["hash"] as Digest,
    keyId: row["key_id"] as string,
    signature: row["signature"] as string,
  }));
}

export function readPayload(reader: Reader, digest: Digest): Payload | null {
  const row = reader.get("select body from payload where digest = ?", digest);
  if (row === null) return null;
  const body = row["body"];
  return isErased(body) ? { state: "erased" } : { state: "kept", body: JSON.parse(body as string) as JsonValue };
}
