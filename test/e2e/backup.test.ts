import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restoreBackup, takeBackup } from "@phasegate/server/backup";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const workflow = `
name: backed-up
phases:
  - { id: WRITE, tools: [read, edit, run], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

let home: string;
let server: TestServer;
let api: Api;
let agent: Agent;
let backup: string;
let lateToken: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "phasegate-backup-"));
  server = await TestServer.start({ workflow, files: { "src/a.txt": "before\n" } });
  await server.operator.post("/tasks", { title: "Change a file" });
  api = await server.agent("agent-1");
  agent = await Agent.claim(api, "agent-1");
  await agent.execute("write_files", { path: "src/a.txt", content: "at the backup\n" });
  backup = join(home, "backup");
  await takeBackup({ dataDirectory: join(server.directory, "data"), to: backup, now });
  await agent.execute("write_files", { path: "src/a.txt", content: "after the backup\n" });
  const renewed = await api.post(`/tasks/${agent.taskId}/token`, {});
  lateToken = String(renewed.body["phase_token"]);
});

afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test("a backup taken beside a working server holds its ledger and no phase token key", () => {
  expect(readdirSync(join(backup, "data", "keys")).toSorted()).toEqual(["ledger-head.key", "ledger-head.pub.pem"]);
  expect(JSON.parse(readFileSync(join(backup, "manifest.json"), "utf8"))).toMatchObject({
    format: 1,
    made_at: "2030-01-01T00:00:00.000Z",
    moving_tasks: [],
  });
  expect(statSync(backup).mode & 0o077).toBe(0);
});

test("nothing is backed up over what exists, or from where there is no ledger", async () => {
  const dataDirectory = join(server.directory, "data");
  await expect(takeBackup({ dataDirectory, to: backup, now })).rejects.toMatchObject({ code: "ledger_unavailable" });
  const nowhere = join(home, "nowhere");
  await expect(takeBackup({ dataDirectory: nowhere, to: join(home, "b"), now })).rejects.toMatchObject({
    code: "ledger_unavailable",
  });
  expect(readdirSync(home)).toEqual(["backup"]);
});

test("nothing is restored over a data directory that holds anything", async () => {
  const dataDirectory = join(server.directory, "data");
  await expect(restoreBackup({ backup, dataDirectory, now })).rejects.toMatchObject({ code: "config_invalid" });
  expect(existsSync(join(dataDirectory, "ledger.sqlite"))).toBe(true);
});

test.each([
  ["a changed file", (copy: string) => writeFileSync(join(copy, "data", "keys", "ledger-head.pub.pem"), "x")],
  ["a missing file", (copy: string) => rmSync(join(copy, "data", "ledger.sqlite"))],
  ["a file more", (copy: string) => writeFileSync(join(copy, "data", "keys", "phase-token.key"), "x")],
  ["a manifest that names a place outside", (copy: string) => rewrite(copy, "keys/ledger-head.key", "../outside")],
  ["no manifest", (copy: string) => rmSync(join(copy, "manifest.json"))],
])("a backup with %s is not restored, and leaves nothing", async (_what, spoil) => {
  const copy = join(home, "spoilt");
  cpSync(backup, copy, { recursive: true });
  spoil(copy);
  const dataDirectory = join(home, "restored-spoilt");
  await expect(restoreBackup({ backup: copy, dataDirectory, now })).rejects.toMatchObject({ code: "backup_invalid" });
  rmSync(copy, { recursive: true });
  expect(readdirSync(home)).toEqual(["backup"]);
});

test("a restored server goes on where the backup was taken, records it, and takes no token of the time before", async () => {
  const dataDirectory = join(server.directory, "data");
  await server.close();
  rmSync(dataDirectory, { recursive: true });
  await restoreBackup({ backup, dataDirectory, now });
  await server.open();
  const calls = api.at(server.url);

  const old = await calls.post("/tools/execute", {
    task_id: agent.taskId,
    phase_token: lateToken,
    tool_name: "read_files",
    args: { path: "src/a.txt" },
  });
  expect([old.status, old.body["code"]]).toEqual([403, "token_malformed"]);

  const again = await Agent.claim(calls, "agent-1", agent.taskId);
  expect(again.phase).toBe("WRITE");
  const read = await again.execute("read_files", { path: "src/a.txt" });
  expect(read.body["result"]).toMatchObject({ content: "at the backup\n" });
  expect((await again.transition("COMPLETE")).body).toMatchObject({ allowed: true });

  const events = await server.operator.get("/events?type=ledger.restored");
  expect(JSON.stringify(events.body)).toContain("2030-01-01T00:00:00.000Z");
  await server.restart();
  const once = await server.operator.get("/events?type=ledger.restored");
  expect(once.body).toEqual(events.body);
});

function rewrite(copy: string, from: string, to: string): void {
  const file = join(copy, "manifest.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}
