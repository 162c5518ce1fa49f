import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyExport } from "@phasegate/ledger/export";
import { verifyLedger } from "@phasegate/ledger/verify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: exported
phases:
  - { id: WRITE, tools: [read, edit], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;
const day = 86_400_000;
const common = { path: "src/a.txt" };

let home: string;
let folder: string;
let server: TestServer;
let now = Date.now();

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "phasegate-audit-"));
  folder = join(home, "export");
  // What stands in the way of the file.
  mkdirSync(join(folder, "audit.jsonl"), { recursive: true });
  server = await TestServer.start({
    workflow,
    files: { "src/a.txt": "text\n" },
    clock: { now: () => now },
    settings: { "audit.export_file": join(folder, "audit.jsonl"), "audit.payload_days": 30 },
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

const metric = async (name: string) => {
  const text = String((await server.anonymous.get("/metrics")).body["text"]);
  return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? null;
};
const publicKeys = () => [readFileSync(join(server.directory, "data", "keys", "ledger-head.pub.pem"), "utf8")];

test("decisions go on while the export cannot be written, and it catches up by itself", async () => {
  await expect.poll(() => metric("phasegate_audit_export_failing")).toBe("1");
  expect(Number(await metric("phasegate_audit_export_failures_total"))).toBeGreaterThan(0);
  await server.operator.post("/tasks", { title: "Change a file" });
  const agent = await Agent.claim(await server.agent("ada"), "ada");
  expect((await agent.execute("read_files", common)).status).toBe(200);
  expect((await agent.execute("write_files", { path: "src/b.txt", content: "of ada\n" })).status).toBe(200);
  expect((await agent.transition("COMPLETE")).body["allowed"]).toBe(true);
  expect((await agent.complete()).body["allowed"]).toBe(true);

  rmdirSync(join(folder, "audit.jsonl"));
  // All metrics of one answer are of one moment.
  const caughtUp = async (): Promise<boolean> => {
    const { text = "" } = (await server.operator.get("/metrics")).body;
    const of = (name: string): string | undefined => new RegExp(`^${name} (\\d+)$`, "m").exec(String(text))?.[1];
    const isThere = of("phasegate_audit_export_position") === of("phasegate_ledger_position");
    return isThere && of("phasegate_audit_export_failing") === "0";
  };
  await expect.poll(caughtUp).toBe(true);
});

test("bodies go after their time, but not those of open tasks, and come back when they are used again", async () => {
  now += 20 * day;
  await server.operator.post("/tasks", { title: "Stays open" });
  const open = await Agent.claim(await server.agent("eva"), "eva");
  expect((await open.execute("read_files", common)).status).toBe(200);
  expect(await server.running.eraseExpired()).toBe(0);

  now += 15 * day;
  const erased = await server.running.eraseExpired();
  expect(erased).toBeGreaterThan(0);
  expect(await server.running.eraseExpired()).toBe(0);
  await expect.poll(() => metric('phasegate_payloads_erased_total{why="retention"}')).toBe(String(erased));
  const { entries } = (await server.operator.get("/audit/query?type=tool.executed&limit=100")).body as {
    entries: { tool_name: string; args: unknown; result: unknown; agent_id: string }[];
  };
  const ofAda = entries.filter(({ agent_id }) => agent_id === "ada");
  expect(ofAda.find(({ tool_name }) => tool_name === "write_files")).toMatchObject({ args: null, result: null });
  // Ada's and Eva's calls had the same arguments: what an open task names stays.
  expect(ofAda.find(({ tool_name }) => tool_name === "read_files")).toMatchObject({ args: common });
  const events = (await server.operator.get("/events?type=payload.erased&limit=1000")).body["events"] as {
    principal: string;
    data: { reason: string };
  }[];
  expect(events).toHaveLength(erased);
  expect(events[0]).toMatchObject({ principal: "prn_server", data: { reason: "retention" } });

  await server.operator.post("/tasks", { title: "Writes the same" });
  const again = await Agent.claim(await server.agent("zoe"), "zoe");
  await again.execute("write_files", { path: "src/b.txt", content: "of ada\n" });
  const { entries: after } = (await server.operator.get(`/audit/query?task_id=${again.taskId}&type=tool.executed`))
    .body as { entries: { args: unknown }[] };
  expect(after[0]?.args).toMatchObject({ path: "src/b.txt", content: "of ada\n" });
});

test("an operator erases one body, with a reason that stays, and nobody else does", async () => {
  const { events } = (await server.operator.get("/events?type=tool.executed&limit=1000")).body as {
    events: { data: { args_digest: string } }[];
  };
  const digest = String(events.at(-1)?.data.args_digest);
  const path = `/audit/payloads/${digest}/erase`;
  expect((await (await server.agent("mallory")).post(path, { reason: "mine" })).status).toBe(403);
  expect((await server.operator.post(path, {})).status).toBe(422);
  expect((await server.operator.post(path, { reason: "a customer asked" })).body).toEqual({ digest, erased: true });
  expect((await server.operator.post(path, { reason: "again" })).body["code"]).toBe("not_found");
  const told = (await server.operator.get("/events?type=payload.erased&limit=1000")).body["events"] as {
    data: unknown;
  }[];
  expect(told.at(-1)?.data).toEqual({ digest, reason: "a customer asked" });
});

test("ledger and export verify with and without their bodies, and the export goes on after a restart", async () => {
  await server.restart();
  const last = Number(await metric("phasegate_ledger_position"));
  await expect.poll(() => metric("phasegate_audit_export_position")).toBe(String(last));
  await server.close();
  const file = join(server.directory, "data", "ledger.sqlite");
  const ledger = await verifyLedger({ file, publicKeys: publicKeys() });
  expect(ledger).toMatchObject({ ok: true, signaturesChecked: true, events: last });
  const exported = await verifyExport({ path: folder, publicKeys: publicKeys() });
  expect(exported).toMatchObject({ ok: true, complete: true, manifestSigned: true, lastPosition: last, events: last });
  expect(exported.signedHeads).toBeGreaterThan(0);
  expect(exported.withheld).toBeGreaterThan(0);
  expect(readFileSync(join(folder, "audit.jsonl"), "utf8")).not.toContain("of ada");
});
