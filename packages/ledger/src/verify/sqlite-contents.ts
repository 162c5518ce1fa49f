import { canonicalJson, digestBytes } from "@phasegate/wire/core";
import type { Digest, StoredEvent } from "@phasegate/wire";
import { auditStatsOf } from "../audit-facts.ts";
import type { TaskRow } from "../port.ts";
import { readAuditCells } from "../sqlite/audit-reads.ts";
import type { SqlRow, SqlValue } from "../sqlite/driver.ts";
import { decodeEvent, readPayload, readSignedHeads, selectEvent } from "../sqlite/event-reads.ts";
import { isErased } from "../sqlite/payload-states.ts";
import type { Reader } from "../sqlite/reader.ts";
import { decodeTaskRow, selectTaskRow } from "../sqlite/task-rows.ts";
import type { Expectations, FoundEvent, LedgerContents } from "./contents.ts";
import { problemAt, short, type VerifyProblem } from "./report.ts";

const pageSize = 1_000;
const selectAnyEvent = selectEvent.replace("join stream", "left join stream");

/** What can be verified of a ledger file: every table that a decision or an answer comes from. */
export function contentsOfFile(reader: Reader): LedgerContents {
  return {
    events: () => eventsOf(reader),
    signedHeads: async (stream) => readSignedHeads(reader, stream),
    taskRows: () => rowsOf(reader),
    stats: async () => auditStatsOf(readAuditCells(reader)),
    cells: async () => readAuditCells(reader),
    payload: async (digest) => readPayload(reader, digest),
    ownProblems: async (expected) => [
      ...payloadProblems(reader, expected),
      ...headProblems(reader, expected),
      ...relationProblems(reader, expected),
    ],
  };
}

async function* eventsOf(reader: Reader): AsyncGenerator<FoundEvent> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = reader.all(`${selectAnyEvent} where position > ? order by position limit ?`, after, pageSize);
    for (const row of rows) yield foundEvent(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last["position"] as number;
  }
}

/** The columns of an event, with the type that each must have. */
const columnTypes: Readonly<Record<string, readonly string[]>> = {
  stream: ["string"],
  version: ["number"],
  id: ["string"],
  type: ["string"],
  at: ["string"],
  principal: ["string"],
  agent_id: ["string", "null"],
  data: ["string"],
  previous_hash: ["string", "null"],
  hash: ["string"],
};

function foundEvent(row: SqlRow): FoundEvent {
  for (const [column, types] of Object.entries(columnTypes)) {
    if (!types.includes(row[column] === null ? "null" : typeof row[column])) {
      return { event: nameable(row), fault: `its \`${column}\` is of no use` };
    }
  }
  let event: StoredEvent;
  try {
    event = decodeEvent(row);
  } catch {
    return { event: nameable(row), fault: "its data is not JSON" };
  }
  if (typeof event.data !== "object" || event.data === null)
    return { event: nameable(row), fault: "its data is no object" };
  return { event, fault: isCanonical(event.data, row["data"]) ? null : "its data is not in the form that was written" };
}

/** Enough of a broken record to name it. */
function nameable(row: SqlRow): StoredEvent {
  return decodeEvent({ ...row, stream: String(row["stream"]), data: "null" });
}

function isCanonical(data: unknown, text: SqlValue | undefined): boolean {
  try {
    return canonicalJson(data) === text;
  } catch {
    return false;
  }
}

async function* rowsOf(reader: Reader): AsyncGenerator<TaskRow> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = reader.all(`${selectTaskRow} where task.id > ? order by task.id limit ?`, after, pageSize);
    for (const row of rows) yield readableRow(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last["id"] as number;
  }
}

/** A row whose lists do not parse still differs from what the events say. */
function readableRow(row: SqlRow): TaskRow {
  try {
    return decodeTaskRow(row);
  } catch {
    return decodeTaskRow({ ...row, capabilities: "null", labels: "null", dependencies: "null" });
  }
}

/** Bodies that no longer have their digest, and bodies that came or went without the counter knowing. */
function payloadProblems(reader: Reader, expected: Expectations): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  let after = Number.MIN_SAFE_INTEGER;
  let count = 0;
  for (;;) {
    const rows = reader.all(
      "select rowid, digest, body from payload where rowid > ? order by rowid limit ?",
      after,
      pageSize,
    );
    for (const row of rows) {
      count += 1;
      after = row["rowid"] as number;
      const digest = String(row["digest"]) as Digest;
      const body = row["body"];
      const erased = isErased(body);
      if (erased && !expected.erasedByEvent.has(digest)) {
        const what = `the body under \`${short(digest)}\` is gone, but no event erased it`;
        problems.push(problemAt("erasure", firstUse(reader, digest), what));
      } else if (!erased && digestBytes(String(body)) !== digest) {
        const what = `the body under \`${short(digest)}\` has another digest`;
        problems.push(problemAt("payload", firstUse(reader, digest), what));
      }
    }
    if (rows.length === 0) break;
  }
  const counted = reader.get("select value from counter where name = 'payloads'")?.["value"];
  if (counted !== count) {
    const place = typeof counted === "number" && counted > count ? firstUseWithoutBody(reader) : {};
    problems.push(problemAt("payload", place, `${count} bodies are here, ${String(counted)} were kept`));
  }
  return problems;
}

type EventPlace = Parameters<typeof problemAt>[1];
const usedDigests = `select position, stream.name as stream, version, event.id as id, used.value
  from event left join stream on stream.id = event.stream_id,
    json_each(case when json_valid(data) then json_array(
      json_extract(data, '$.args_digest'), json_extract(data, '$.result_digest'),
      case event.type when 'artifact.submitted' then json_extract(data, '$.digest') end
    ) end) as used
  where used.value is not null`;

function firstUse(reader: Reader, digest: Digest): EventPlace {
  return placeOf(reader.get(`${usedDigests} and used.value = ? order by position limit 1`, digest));
}

function firstUseWithoutBody(reader: Reader): EventPlace {
  return placeOf(
    reader.get(
      `${usedDigests} and not exists (select 1 from payload where digest = used.value) order by position limit 1`,
    ),
  );
}

function placeOf(row: SqlRow | null): EventPlace {
  if (row === null) return {};
  const { position, stream, version, id } = nameable({ ...row, data: "null" });
  return { position, stream, version, id };
}

/** Signed heads of streams that have no event at all, and heads that came or went. */
function headProblems(reader: Reader, expected: Expectations): VerifyProblem[] {
  const count = reader.get("select count(*) as heads from signed_head")?.["heads"];
  const counted = reader.get("select value from counter where name = 'signed_heads'")?.["value"];
  const lost =
    count === counted
      ? []
      : [problemAt("head", {}, `${String(count)} signed heads are here, ${String(counted)} were made`)];
  const rows = reader.all(
    `select distinct coalesce(stream.name, 'stream ' || stream_id) as name
     from signed_head left join stream on stream.id = stream_id`,
  );
  const orphans = rows
    .map((row) => row["name"] as string)
    .filter((stream) => expected.lastEventOf(stream) === null)
    .map((stream) =>
      problemAt("head", { stream, version: 1 }, "a head of the stream was signed, but it has no events"),
    );
  return [...lost, ...orphans];
}

/** Who waits for whom, and who ever held what. */
function relationProblems(reader: Reader, expected: Expectations): VerifyProblem[] {
  const dependencies = new Set<string>();
  const holders = new Set<string>();
  for (const row of expected.rows.values()) {
    for (const dependency of row.dependencies) dependencies.add(`\`${row.id}\` waits for \`${dependency}\``);
    for (const principal of expected.holders(row.id)) holders.add(`\`${row.id}\` was held by \`${principal}\``);
  }
  const named = (table: string, column: string, words: string): Set<string> =>
    new Set(
      reader
        .all(
          `select coalesce(task.task_id, task) as id, ${column} as other from ${table} left join task on task.id = ${table}.task`,
        )
        .map((row) => `\`${String(row["id"])}\` ${words} \`${String(row["other"])}\``),
    );
  return [
    ...setProblems(named("task_dependency", "depends_on", "waits for"), dependencies),
    ...setProblems(named("task_holder", "principal", "was held by"), holders),
  ];
}

function setProblems(found: ReadonlySet<string>, expected: ReadonlySet<string>): VerifyProblem[] {
  return [
    ...[...found]
      .filter((one) => !expected.has(one))
      .map((one) => problemAt("index", {}, `the index says ${one}, the events do not`)),
    ...[...expected]
      .filter((one) => !found.has(one))
      .map((one) => problemAt("index", {}, `the events say ${one}, the index does not`)),
  ];
}
