import type { Digest, EventType, JsonValue, PrincipalId } from "@phasegate/wire";
import { auditBodies, auditCellKey, decodeAuditCell, hasOwnCounter, type AuditCell } from "../audit-facts.ts";
import type { AuditQuery, AuditRow } from "../port.ts";
import { normalizeTime, pageSize, parseCursor } from "../query-bounds.ts";
import type { SqlRow, SqlValue } from "./driver.ts";
import { decodeEvent, readPayload, selectEvent } from "./event-reads.ts";
import type { Reader } from "./reader.ts";
import type { Slices } from "../slices.ts";
import { wasHeldBy } from "./task-reads.ts";

/** Events that one step of a page reads. */
const readSize = 25;

/** Positions that one step of a search looks at before it may let others run: a millisecond or two. */
const stepSize = 1_000;

const phaseOf = "coalesce(json_extract(data, '$.phase'), json_extract(data, '$.from'))";
const toolOf = "json_extract(data, '$.tool_name')";
const successOf = `case type when 'tool.executed' then json_extract(data, '$.success')
  when 'tool.denied' then 0 when 'tool.rolled_back' then 0 when 'tool.interrupted' then 0 end`;

interface Filter {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** The counters that every audit total and statistic comes from. */
export function readAuditCells(reader: Reader): AuditCell[] {
  return reader
    .all("select facts, count from audit_counter")
    .map((row) => decodeAuditCell(row["facts"] as string, row["count"] as number));
}

/** What `readAuditCells` counts, of the tasks of one principal: in steps that let other work run. */
export async function countOwnCells(reader: Reader, principal: PrincipalId): Promise<AuditCell[]> {
  const cells: AuditCell[] = [];
  const streams = reader.all("select task from task_holder where principal = ?", principal);
  const slices = reader.slices();
  for (const stream of streams) {
    const task = stream["task"] as number;
    const last = reader.get("select max(version) as last from event where stream_id = ?", task)?.["last"] as number;
    for (let from = 1; from <= last; from += stepSize) {
      const rows = reader.all(
        `select type, ${phaseOf} as phase, ${toolOf} as tool, ${successOf} as success, count(*) as count from event
         where stream_id = ? and version between ? and ? group by 1, 2, 3, 4`,
        task,
        from,
        from + stepSize - 1,
      );
      cells.push(...rows.map(ownCell));
      if (slices.isSpent) await slices.next();
    }
  }
  return cells;
}

function ownCell({ type, phase, tool, success, count }: SqlRow): AuditCell {
  const key = auditCellKey({
    type: type as EventType,
    phase: phase as string | null,
    toolName: tool as string | null,
    success: success === null ? null : success === 1,
  });
  return decodeAuditCell(key, count as number);
}

/**
 * One page of audit entries and the count of all that match. By task, cost grows with that task's events; totals over
 * type, phase, tool and success come from counters; anything else is searched in steps that let other work run.
 */
export async function queryAudit(
  reader: Reader,
  query: AuditQuery,
): Promise<{ entries: AuditRow[]; total: number; nextCursor: string | null }> {
  const limit = pageSize(query.limit);
  const filter = filterOf(query);
  const hidden =
    query.taskId !== undefined && query.visibleTo !== undefined && !wasHeldBy(reader, query.taskId, query.visibleTo);
  if (hidden) return { entries: [], total: 0, nextCursor: null };
  const slices = reader.slices();
  const search: Search = { query, filter, limit: limit + 1, slices };
  const rows = await (query.taskId === undefined ? searchLedger(reader, search) : searchStream(reader, search));
  const page = rows.slice(0, limit);
  const entries: AuditRow[] = [];
  for (const row of page) {
    entries.push(auditRow(reader, row));
    if (slices.isSpent) await slices.next();
  }
  return {
    entries,
    total: await countMatches(reader, search),
    nextCursor: rows.length > limit ? String(page.at(-1)?.["position"]) : null,
  };
}

function filterOf(query: AuditQuery): Filter {
  const filters: string[] = [];
  const values: SqlValue[] = [];
  const filter = (sql: string, value: SqlValue | undefined): void => {
    if (value === undefined || value === null) return;
    filters.push(` and ${sql}`);
    values.push(value);
  };
  filter("type in (select value from json_each(?))", query.types && JSON.stringify(query.types));
  filter(`${phaseOf} = ?`, query.phase);
  filter(`${toolOf} = ?`, query.toolName);
  filter(`${successOf} = ?`, query.success === undefined ? undefined : Number(query.success));
  filter("event.agent_id = ?", query.agentId);
  filter("event.principal = ?", query.principal);
  filter("at >= ?", normalizeTime(query.from));
  filter("at <= ?", normalizeTime(query.to));
  if (query.taskId === undefined) {
    filter("stream_id in (select task from task_holder where principal = ?)", query.visibleTo);
  }
  return { sql: filters.join(""), values };
}

interface Search {
  readonly query: AuditQuery;
  readonly filter: Filter;
  readonly limit: number;
  readonly slices: Slices;
}

async function searchStream(reader: Reader, { query, filter, limit, slices }: Search): Promise<SqlRow[]> {
  const newest = query.order !== "oldest";
  const found: SqlRow[] = [];
  let cursor = parseCursor(query.cursor) ?? (newest ? Number.MAX_SAFE_INTEGER : 0);
  while (found.length < limit) {
    const wanted = Math.min(readSize, limit - found.length);
    const rows = reader.all(
      `${selectEvent} where stream_id = (select id from stream where name = ?) and position ${newest ? "<" : ">"} ?
       ${filter.sql} order by version ${newest ? "desc" : "asc"} limit ?`,
      `task/${query.taskId}`,
      cursor,
      ...filter.values,
      wanted,
    );
    found.push(...rows);
    if (rows.length < wanted) break;
    cursor = rows.at(-1)?.["position"] as number;
    if (slices.isSpent) await slices.next();
  }
  return found;
}

async function searchLedger(reader: Reader, { query, filter, limit, slices }: Search): Promise<SqlRow[]> {
  const newest = query.order !== "oldest";
  const last = lastPosition(reader);
  const cursor = parseCursor(query.cursor);
  const found: SqlRow[] = [];
  let from = newest ? Math.min(last, (cursor ?? last + 1) - 1) : (cursor ?? 0) + 1;
  while (found.length < limit && from >= 1 && from <= last) {
    const to = newest ? Math.max(1, from - stepSize + 1) : Math.min(last, from + stepSize - 1);
    const wanted = Math.min(readSize, limit - found.length);
    const rows = reader.all(
      `${selectEvent} where position between ? and ? ${filter.sql}
       order by position ${newest ? "desc" : "asc"} limit ?`,
      Math.min(from, to),
      Math.max(from, to),
      ...filter.values,
      wanted,
    );
    found.push(...rows);
    const end = rows.length < wanted ? to : (rows.at(-1)?.["position"] as number);
    from = newest ? end - 1 : end + 1;
    if (slices.isSpent) await slices.next();
  }
  return found;
}

async function countMatches(reader: Reader, { query, filter, slices }: Search): Promise<number> {
  if (query.taskId !== undefined) {
    const sql = `select count(*) as total from event
      where stream_id = (select id from stream where name = ?) ${filter.sql}`;
    return reader.get(sql, `task/${query.taskId}`, ...filter.values)?.["total"] as number;
  }
  const isCounted = query.toolName === undefined || hasOwnCounter(query.toolName);
  if (
    isCounted &&
    [query.agentId, query.principal, query.from, query.to, query.visibleTo].every((part) => part === undefined)
  ) {
    return countByCells(reader, query);
  }
  const last = lastPosition(reader);
  let total = 0;
  for (let from = 1; from <= last; from += stepSize) {
    const sql = `select count(*) as total from event where position between ? and ? ${filter.sql}`;
    total += reader.get(sql, from, Math.min(last, from + stepSize - 1), ...filter.values)?.["total"] as number;
    if (slices.isSpent) await slices.next();
  }
  return total;
}

function countByCells(reader: Reader, query: AuditQuery): number {
  return readAuditCells(reader)
    .filter((cell) => query.types === undefined || query.types.includes(cell.type))
    .filter((cell) => query.phase === undefined || cell.phase === query.phase)
    .filter((cell) => query.toolName === undefined || cell.toolName === query.toolName)
    .filter((cell) => query.success === undefined || cell.success === query.success)
    .reduce((total, cell) => total + cell.count, 0);
}

function lastPosition(reader: Reader): number {
  return reader.get("select coalesce(max(position), 0) as last from event")?.["last"] as number;
}

function auditRow(reader: Reader, row: SqlRow): AuditRow {
  const event = decodeEvent(row);
  const { args, result } = auditBodies(event);
  return { event, args: body(reader, args), result: body(reader, result) };
}

function body(reader: Reader, digest: Digest | null): JsonValue {
  const payload = digest === null ? null : readPayload(reader, digest);
  return payload?.state === "kept" ? payload.body : null;
}
