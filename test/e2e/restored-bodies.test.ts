import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readErasures } from "@phasegate/ledger/export";
import { verifyLedger } from "@phasegate/ledger/verify";
import { restoreBackup, takeBackup } from "@phasegate/server/backup";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { temporaryDirectory } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: restored
phases:
  - { id: WRITE, tools: [read, edit], write: ["src/**"] }
`;
const day = 86_400_000;
const { path: home, remove } = temporaryDirectory("restored");
const backup = join(home, "backup");
const before = join(home, "before");
const exported = join(home, "audit.jsonl");

let server: TestServer;
let now = Date.parse("2030-01-01T00:00:00Z");

beforeAll(async () => {
  server = await TestServer.start({
    workflow,
    files: { "src/a.txt": "text\n" },
    clock: { now: () => now },
    settings: { "audit.payload_days": 30, "audit.export_file": exported },
  });
});
afterAll(async () => {
  await server.stop();
  remove();
});

const dataDirectory = () => join(server.directory, "data");
const writeOf = async (name: string) => {
  await server.operator.post("/tasks", { title: `Task of ${name}` });
  const agent = await Agent.claim(await server.agent(name), name);
  expect((await agent.execute("write_files", { path: "src/a.txt", content: `of ${name}` })).status).toBe(200);
  return agent;
};

/** What the ledger shows of the calls' arguments, by agent. */
async function bodies(): Promise<Record<string, unknown>> {
  const { entries } = (await server.operator.get("/audit/query?type=tool.executed")).body as {
    entries: { agent_id: string; args: { content: string } | null }[];
  };
  return Object.fromEntries(entries.map(({ agent_id, args }) => [agent_id, args?.content ?? null]));
}

async function eventsOf(type: string): Promise<{ principal: string; data: Record<string, unknown> }[]> {
  return (await server.operator.get(`/events?type=${type}&limit=1000`)).body["events"] as never;
}

async function restore(erasedIn?: string): Promise<void> {
  rmSync(dataDirectory(), { recursive: true, force: true });
  const options = { backup, dataDirectory: dataDirectory(), now };
  await restoreBackup(erasedIn === undefined ? options : { ...options, erasedIn });
  await server.open();
}

test("bodies that expired or were erased since the backup do not come back with it", async () => {
  const ended = await writeOf("ada");
  expect((await ended.complete()).body["allowed"]).toBe(true);
  await writeOf("bob");
  await takeBackup({ dataDirectory: dataDirectory(), to: backup, now });

  now += 31 * day;
  expect(await server.running.eraseExpired()).toBeGreaterThan(0);
  const calls = (await eventsOf("tool.executed")) as unknown as { agentid: string; data: { args_digest: string } }[];
  const digest = calls.find(({ agentid }) => agentid === "bob")?.data.args_digest;
  await server.operator.post(`/audit/payloads/${digest}/erase`, { reason: "a customer asked" });
  expect(await bodies()).toEqual({ ada: null, bob: null });
  await server.close();
  renameSync(dataDirectory(), before);
  expect([...(await readErasures(before))]).toEqual([[digest, "a customer asked"]]);
  expect(await readErasures(exported)).toEqual(await readErasures(before));

  await restore(before);
  expect(await bodies()).toEqual({ ada: null, bob: null });
  expect((await eventsOf("ledger.restored"))[0]?.data).toMatchObject({ erased_again: 1 });
  expect((await eventsOf("payload.erased")).find(({ data }) => data["digest"] === digest)).toMatchObject({
    principal: "prn_server",
    data: { reason: "a customer asked (again, after a restore)" },
  });
  await server.close();
  // The next restore learns of it from this ledger as well.
  expect([...(await readErasures(dataDirectory())).keys()]).toEqual([digest]);
  expect(await verifyLedger({ file: join(dataDirectory(), "ledger.sqlite") })).toMatchObject({ ok: true });
});

test("a restore that is not told what was erased says so, and retention runs on", async () => {
  await restore();
  expect(await bodies()).toEqual({ ada: null, bob: "of bob" });
  expect((await eventsOf("ledger.restored"))[0]?.data).toMatchObject({ erased_again: null });
  const later = await writeOf("eva");
  expect((await later.complete()).body["allowed"]).toBe(true);
  now += 31 * day;
  expect(await server.running.eraseExpired()).toBeGreaterThan(0);
  expect(await bodies()).toMatchObject({ ada: null, eva: null });
  await server.close();
  expect(await verifyLedger({ file: join(dataDirectory(), "ledger.sqlite") })).toMatchObject({ ok: true });
});

test("a restore whose word on erasures cannot be read makes nothing", async () => {
  const target = join(home, "restored");
  const unread = restoreBackup({ backup, dataDirectory: target, now, erasedIn: join(home, "nowhere") });
  await expect(unread).rejects.toMatchObject({ code: "ledger_unavailable" });
  const none = restoreBackup({ backup, dataDirectory: target, now, erasedIn: backup });
  await expect(none).rejects.toMatchObject({ code: "export_invalid" });
  expect(existsSync(target)).toBe(false);
});
