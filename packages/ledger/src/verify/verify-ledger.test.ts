import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { generateKeyPairSync, sign } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, hashEvent } from "@phasegate/wire";
import { assert, asyncProperty, constantFrom, nat } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  appendTo,
  claimed,
  completed,
  created,
  newEvent,
  payloadOf,
  reopened,
  toolDenied,
  toolExecuted,
  transitioned,
} from "../conformance/samples.ts";
import { openMemoryLedger } from "../memory/memory-ledger.ts";
import type { AppendBatch, Ledger } from "../port.ts";
import { openSqliteLedger } from "../sqlite/sqlite-ledger.ts";
import { verifyLedger, verifyOpenLedger, type VerifyReport } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-verify-"));
const original = join(folder, "original.db");
const keys = generateKeyPairSync("ed25519");
const publicKeys = [keys.publicKey.export({ type: "spki", format: "pem" }) as string];
const signHead: NonNullable<AppendBatch["signHead"]> = (head) => ({
  keyId: "k1",
  signature: sign(null, Buffer.from(canonicalJson(head)), keys.privateKey).toString("base64url"),
});

/**
 * Positions: 1..4 task_a v1..4, 5..6 task_b v1..2, 7 task_a v5 (signed), 8 task_b v3, 9 task_a v6, 10 system v1,
 * 11 task_b v4 (signed).
 */
async function writeHistory(ledger: Ledger): Promise<void> {
  const args = payloadOf({ path: "src/a.ts" });
  const result = payloadOf({ content: "text" });
  const erased = payloadOf("a secret");
  await appendTo(ledger, "a", [created(), claimed()]);
  const executed = toolExecuted({ args_digest: args.digest, result_digest: result.digest });
  await appendTo(ledger, "a", [executed, toolDenied("bash")], { payloads: [args, result, erased] });
  await appendTo(ledger, "b", [created({ dependencies: ["task_a"] }), claimed({ agent_id: "agent-b" })]);
  await appendTo(ledger, "a", [transitioned()], { signHead });
  await appendTo(ledger, "b", [toolExecuted({ args_digest: erased.digest })]);
  await appendTo(ledger, "a", [completed(3)]);
  await appendTo(ledger, "system", [newEvent("payload.erased", { digest: erased.digest, reason: "leaked" })]);
  await ledger.erasePayload(erased.digest);
  await appendTo(ledger, "b", [toolExecuted({ success: false })], { signHead });
}

beforeAll(async () => {
  const ledger = await openSqliteLedger({ file: original, durability: "normal" });
  await writeHistory(ledger);
  await ledger.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verifyAfter(...statements: string[]): Promise<VerifyReport> {
  const file = join(folder, "changed.db");
  copyFileSync(original, file);
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
  return verifyLedger({ file, publicKeys });
}

const place = ({ firstBad }: VerifyReport) =>
  firstBad && [firstBad.area, firstBad.position, firstBad.stream, firstBad.version];

test("an untouched ledger verifies", async () => {
  expect(await verifyLedger({ file: original, publicKeys })).toEqual({
    ok: true,
    firstBad: null,
    problems: [],
    events: 11,
    streams: 3,
    tasks: 2,
    signedHeads: 2,
    signaturesChecked: true,
    erasedPayloads: 1,
  });
});

test("the same history in memory verifies through the port", async () => {
  const ledger = openMemoryLedger();
  await writeHistory(ledger);
  expect(await verifyOpenLedger(ledger, { publicKeys })).toMatchObject({ ok: true, events: 11, signedHeads: 2 });
  await ledger.close();
});

test("red tests as versions kept them that did not keep their tree verify, and are read as they are", async () => {
  const ledger = openMemoryLedger();
  const red = payloadOf([{ content: "11", file: "test/a.js", identity: "test/a.js > adds", wholeFile: false }]);
  const kept = { phase: "TDD", entry: 2, digest: red.digest };
  await appendTo(ledger, "a", [created(), claimed(), transitioned({ red: [kept] })], { payloads: [red], signHead });
  expect(await verifyOpenLedger(ledger, { publicKeys })).toMatchObject({ ok: true, events: 3 });
  expect(await ledger.getPayload(red.digest)).toEqual({ state: "kept", body: red.body });
  await ledger.close();
});

const id = (position: number) => `(select id from event where position = ${position})`;

test("bodies behind the port are held to their digests and erasures", async () => {
  const ledger = openMemoryLedger();
  await writeHistory(ledger);
  const [args, result] = [payloadOf({ path: "src/a.ts" }), payloadOf({ content: "text" })];
  const kept = ledger.getPayload.bind(ledger);
  ledger.getPayload = async (digest) => {
    if (digest === args.digest) return { state: "kept", body: "another" };
    return digest === result.digest ? { state: "erased" } : kept(digest);
  };
  const { problems } = await verifyOpenLedger(ledger, { publicKeys });
  expect(problems.map(({ area, position }) => [area, position])).toEqual([
    ["payload", 3],
    ["erasure", 3],
  ]);
  await ledger.close();
});

describe("the first bad entry is named when", () => {
  const cases: [string, string[], unknown[]][] = [
    [
      "data of an event is changed",
      [`update event set data = replace(data, '"success":true', '"success":false') where position = 3`],
      ["event", 3, "task/task_a", 3],
    ],
    [
      "a time is changed",
      ["update event set at = '2026-02-02T00:00:00.000Z' where position = 6"],
      ["event", 6, "task/task_b", 2],
    ],
    [
      "an author is changed",
      ["update event set principal = 'prn_mallory' where position = 2"],
      ["event", 2, "task/task_a", 2],
    ],
    ["an agent is changed", ["update event set agent_id = null where position = 2"], ["event", 2, "task/task_a", 2]],
    [
      "a type is changed",
      ["update event set type = 'tool.executed' where position = 4"],
      ["event", 4, "task/task_a", 4],
    ],
    ["an id is changed", ["update event set id = 'evt_x' where position = 4"], ["event", 4, "task/task_a", 4]],
    [
      "a hash is changed",
      [`update event set hash = replace(hash, 'a', 'b') where position = 4`],
      ["event", 4, "task/task_a", 4],
    ],
    [
      "a previous hash is gone",
      ["update event set previous_hash = null where position = 4"],
      ["event", 4, "task/task_a", 4],
    ],
    ["data is another value", ["update event set data = '1' where position = 1"], ["event", 1, "task/task_a", 1]],
    ["data is no JSON", ["update event set data = '{' where position = 8"], ["event", 8, "task/task_b", 3]],
    [
      "data is written another way",
      ["update event set data = data || ' ' where position = 8"],
      ["event", 8, "task/task_b", 3],
    ],
    ["a column is nothing", ["update event set data = x'00' where position = 8"], ["event", 8, "task/task_b", 3]],
    ["an event is dropped", ["delete from event where position = 3"], ["event", 3, "task/task_a", 3]],
    ["two events are dropped", ["delete from event where position in (3, 4)"], ["event", 3, "task/task_a", 3]],
    [
      "the first event of a stream is dropped",
      ["delete from event where position = 5"],
      ["event", 5, "task/task_b", 1],
    ],
    [
      "a stream's tail is dropped below its signed head",
      ["delete from event where position = 11"],
      ["event", 11, "task/task_b", 4],
    ],
    ["a stream's unsigned tail is dropped", ["delete from event where position = 9"], ["event", 9, null, null]],
    ["a whole stream is dropped", ["delete from event where position = 10"], ["event", 10, null, null]],
    [
      "the last events are dropped with their heads",
      ["delete from event where position >= 10", "delete from signed_head where version = 4"],
      ["event", 10, null, null],
    ],
    [
      "two events change places",
      [
        "update event set position = -1 where position = 3",
        "update event set position = 3 where position = 4",
        "update event set position = 4 where position = -1",
      ],
      ["event", 3, "task/task_a", 3],
    ],
    [
      "two events change their data",
      [
        "create temp table kept as select position, type, data from event",
        "update event set (type, data) = (select type, data from kept where position = 4) where position = 3",
        "update event set (type, data) = (select type, data from kept where position = 3) where position = 4",
      ],
      ["event", 3, "task/task_a", 3],
    ],
    [
      "an event is inserted between two",
      [
        "update event set version = version + 100 where stream_id = 1 and version >= 3",
        "update event set version = version - 99 where version > 100",
        "insert into event select 100, stream_id, 3, 'evt_new', type, at, principal, agent_id, data, previous_hash, hash from event where position = 4",
      ],
      ["event", 3, "task/task_a", 3],
    ],
    [
      "an event is added at the end",
      [
        "insert into event select 12, stream_id, 5, 'evt_new', type, at, principal, agent_id, data, hash, 'sha256:0' from event where position = 11",
      ],
      ["event", 12, "task/task_b", 5],
    ],
    [
      "a stream is renamed",
      ["update stream set name = 'task/task_c' where name = 'task/task_b'"],
      ["event", 5, "task/task_c", 1],
    ],
    ["a stream's name is gone", ["delete from stream where name = 'task/task_b'"], ["event", 5, "null", 1]],
    [
      "a body is changed",
      [`update payload set body = '{"path":"src/b.ts"}' where rowid = 1`],
      ["payload", 3, "task/task_a", 3],
    ],
    [
      "a body is erased without an event",
      ["update payload set body = null where rowid = 2"],
      ["erasure", 3, "task/task_a", 3],
    ],
    ["a body is dropped", ["delete from payload where rowid = 2"], ["payload", 3, "task/task_a", 3]],
    ["a body is added", [`insert into payload values ('${payloadOf(1).digest}', '1')`], ["payload", null, null, null]],
    [
      "a signature is changed",
      ["update signed_head set signature = 'AAAA' where version = 5"],
      ["head", 7, "task/task_a", 5],
    ],
    [
      "a signed hash is changed",
      ["update signed_head set hash = 'sha256:0' where version = 5"],
      ["head", 7, "task/task_a", 5],
    ],
    ["a signature is dropped", ["delete from signed_head where version = 5"], ["head", null, null, null]],
    [
      "an index row is changed",
      ["update task set status = 'ready' where task_id = 'task_b'"],
      ["index", 11, "task/task_b", 4],
    ],
    ["an index row is dropped", ["delete from task where task_id = 'task_b'"], ["index", 11, "task/task_b", 4]],
    [
      "an index row is added",
      [
        "insert into task select 99, 'task_x', title, status, phase, entry, epoch, priority, capabilities, labels, dependencies, open_dependencies, workflow_digest, workflow_name, holder_principal, agent_id, assurance, overridden, created_at from task limit 1",
      ],
      ["index", null, "task/task_x", null],
    ],
    ["a dependency is dropped", ["delete from task_dependency"], ["index", null, null, null]],
    ["a holder is added", ["insert into task_holder values ('prn_mallory', 1)"], ["index", null, null, null]],
    [
      "a counter is raised",
      ["update audit_counter set count = count + 1 where facts like '%tool.denied%'"],
      ["event", 12, null, null],
    ],
    [
      "a counter is lowered",
      ["update audit_counter set count = count - 1 where facts like '%tool.denied%'"],
      ["counter", 4, "task/task_a", 4],
    ],
    [
      "a counter is dropped",
      ["delete from audit_counter where facts like '%tool.denied%'"],
      ["counter", 4, "task/task_a", 4],
    ],
  ];
  test.each(cases)("%s", async (_, statements, expected) => {
    const report = await verifyAfter(...statements);
    expect(report.ok).toBe(false);
    expect(place(report)).toEqual(expected);
  });

  test("its id is that of the event", async () => {
    const report = await verifyAfter("update event set at = '2026-02-02T00:00:00.000Z' where position = 6");
    const database = new DatabaseSync(original);
    expect(report.firstBad?.eventId).toBe(database.prepare(`select ${id(6)} as id`).get()?.["id"]);
    database.close();
  });
});

test("a chain that was rewritten with right hashes is betrayed by its signed head", async () => {
  const forged = join(folder, "forged.db");
  const ledger = await openSqliteLedger({ file: forged, durability: "normal" });
  const stranger = generateKeyPairSync("ed25519").privateKey;
  await appendTo(ledger, "a", [created()], {
    signHead: (head) => ({
      keyId: "k1",
      signature: sign(null, Buffer.from(canonicalJson(head)), stranger).toString("base64url"),
    }),
  });
  await ledger.close();
  expect(place(await verifyLedger({ file: forged, publicKeys }))).toEqual(["head", 1, "task/task_a", 1]);
  expect(await verifyLedger({ file: forged })).toMatchObject({ ok: true, signaturesChecked: false });
});

test("an event written anew with a right hash is betrayed by the one after it", async () => {
  const ledger = await openSqliteLedger({ file: original, durability: "normal" });
  const event = (await ledger.readStream("task/task_a"))[2];
  await ledger.close();
  const at = "2026-02-02T00:00:00.000Z";
  const hash = event && hashEvent({ ...event, at });
  const report = await verifyAfter(`update event set at = '${at}', hash = '${hash}' where position = 3`);
  expect(place(report)).toEqual(["event", 4, "task/task_a", 4]);
});

test("any changed column of any event is named at its own place", async () => {
  const columns = [
    "version",
    "id",
    "type",
    "at",
    "principal",
    "agent_id",
    "data",
    "previous_hash",
    "hash",
    "stream_id",
  ];
  await assert(
    asyncProperty(
      nat(10),
      constantFrom(...columns),
      constantFrom("'x'", "null", "1", "x'01'", "data || 'x'"),
      async (index, column, value) => {
        const position = index + 1;
        const file = join(folder, "random.db");
        copyFileSync(original, file);
        const database = new DatabaseSync(file);
        const before = JSON.stringify(
          database.prepare(`select ${column} as value from event where position = ?`).get(position),
        );
        try {
          database.exec(`update event set ${column} = ${value} where position = ${position}`);
        } catch {
          return; // The schema refused it.
        } finally {
          const after = JSON.stringify(
            database.prepare(`select ${column} as value from event where position = ?`).get(position),
          );
          database.close();
          if (before !== after) {
            const { ok, problems } = await verifyLedger({ file, publicKeys });
            expect({ ok, named: problems.some((problem) => problem.position === position) }).toEqual({
              ok: false,
              named: true,
            });
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

describe("a file that SQLite cannot read is reported as such", () => {
  test.each([
    ["text", Buffer.from("this is no database, it is a letter. ".repeat(100))],
    ["nothing", Buffer.alloc(0)],
  ])("%s", async (_, bytes) => {
    const file = join(folder, "unreadable.db");
    writeFileSync(file, bytes);
    expect(await verifyLedger({ file })).toMatchObject({ ok: false, firstBad: { area: "file" } });
  });

  test("overwritten pages", async () => {
    const bytes = readFileSync(original);
    bytes.fill(0xab, 4_096 * 3, 4_096 * 6);
    const file = join(folder, "overwritten.db");
    writeFileSync(file, bytes);
    const report = await verifyLedger({ file });
    expect(report).toMatchObject({ ok: false, firstBad: { area: "file" } });
    expect(report.firstBad?.what).toContain(file);
  });

  test("no file at all is no report, but an error", async () => {
    await expect(verifyLedger({ file: join(folder, "none.db") })).rejects.toMatchObject({ code: "ledger_unavailable" });
  });
});

test("dependencies that reopen are rebuilt as they were kept", async () => {
  const file = join(folder, "reopened.db");
  const ledger = await openSqliteLedger({ file, durability: "normal" });
  await appendTo(ledger, "a", [created(), claimed(), completed(2)]);
  await appendTo(ledger, "b", [created({ dependencies: ["task_a", "task_none"] })]);
  await appendTo(ledger, "c", [created({ dependencies: ["task_a"] })]);
  await appendTo(ledger, "a", [reopened(3)]);
  expect(await verifyLedger({ file })).toMatchObject({ ok: true, tasks: 3 });
  await ledger.close();
});
