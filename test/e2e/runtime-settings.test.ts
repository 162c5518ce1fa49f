import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startServer, type RunningServer } from "@phasegate/server";
import { settings } from "@phasegate/server/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Api, type Answer } from "../harness/api.ts";
import { makeRepository, temporaryDirectory } from "../harness/repository.ts";

const key = "operator-key-of-the-tests-with-more-than-32-characters";
const { path: directory, remove } = temporaryDirectory("settings");
const released = join(directory, "released");
const logFile = join(directory, "server.log");
const clock = { behindMs: 0, now: (): number => Date.now() - clock.behindMs };

const workflow = `
name: settings
phases:
  - id: WORK
    tools: [read, edit, run]
    write: ["src/**"]
    gate: [{ command: { run: "until test -e ${released}; do sleep 0.05; done" } }]
  - { id: COMPLETE, tools: [read, git_commit] }
`;

/** The key of each `config.changed` that the receiver was sent; it refuses one of them the first time. */
const taken: string[] = [];
const refusedOnce = "health.max_event_loop_delay_ms";
const receiver = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const { data } = JSON.parse(Buffer.concat(parts).toString()) as { data: { key: string } };
    const isFirst = !taken.includes(data.key);
    taken.push(data.key);
    response.writeHead(data.key === refusedOnce && isFirst ? 500 : 204).end();
  });
});

let server: RunningServer;
let operator: Api;
let ada: Api;

beforeAll(async () => {
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const cwd = makeRepository(join(directory, "repository"), { "agent_workflow.yaml": workflow, "src/a": "a\n" });
  const settings = {
    logging: { level: "error", file: logFile, console: false },
    retry: { initial_delay_ms: 600_000, max_delay_ms: 3_600_000, jitter: false },
    events: { webhooks: [{ name: "receiver", url, types: ["config.changed"] }] },
    server: { transition_wait_seconds: 0, port: 0 },
    runner: { sandbox: "off" },
    storage: { data_dir: join(directory, "data") },
  };
  writeFileSync(join(cwd, "phasegate.yaml"), JSON.stringify(settings));
  const env = { PATH: process.env["PATH"], HOME: directory, PHASEGATE_OPERATOR_KEY: key };
  server = await startServer({ cwd, env, clock, checkAnswers: true });
  operator = new Api(server.url, key);
  const made = await operator.post("/keys", { name: "ada", kind: "agent", roles: ["agent"] });
  ada = new Api(server.url, String(made.body["key"]));
});
afterAll(async () => {
  await server.close();
  receiver.close();
  remove();
});

async function change(changes: Record<string, unknown>): Promise<void> {
  const answer = await operator.call("PATCH", "/config", { changes });
  expect([answer.status, answer.body["restart_needed"]]).toEqual([200, []]);
}

const claim = (): Promise<Answer> => ada.post("/tasks/claim", { agent_id: "ada" });

async function begin(): Promise<Agent> {
  const created = await operator.post("/tasks", { title: "Work" });
  return Agent.claim(ada, "ada", String(created.body["id"]));
}

test("logging.level: lines below it begin and end at once", async () => {
  const lines = () => (existsSync(logFile) ? readFileSync(logFile, "utf8").split("request refused").length - 1 : 0);
  await operator.get("/nowhere");
  expect(lines()).toBe(0);
  await change({ "logging.level": "warn" });
  await operator.get("/nowhere");
  expect(lines()).toBe(1);
  await change({ "logging.level": "error" });
  await operator.get("/nowhere");
  expect(lines()).toBe(1);
});

test("tasks: ad_hoc_claims, max_held_per_agent and lease_seconds", async () => {
  expect((await claim()).body["code"]).toBe("no_claimable_task");
  await change({ "tasks.ad_hoc_claims": true, "tasks.lease_seconds": 77 });
  const made = await claim();
  expect(made.status).toBe(200);
  const held = await Agent.claim(ada, "ada", (made.body["task"] as { id: string }).id);
  const beat = await ada.post(`/tasks/${held.taskId}/heartbeat`, { phase_token: held.token });
  const leftMs = Date.parse(String(beat.body["lease_expires_at"])) - clock.now();
  expect(Math.ceil(leftMs / 1_000)).toBeOneOf([76, 77]);
  await change({ "tasks.max_held_per_agent": 1 });
  expect((await claim()).body["code"]).toBe("too_many_tasks");
  await change({ "tasks.max_held_per_agent": 64, "tasks.ad_hoc_claims": false });
});

test("retry: waits begun after a change are of the new length", async () => {
  await change({ "retry.initial_delay_ms": 1, "retry.max_delay_ms": 1 });
  await change({ [refusedOnce]: 3_000 });
  // With the waits of the start it would come again after ten minutes.
  await expect.poll(() => taken.filter((name) => name === refusedOnce).length).toBe(2);
});

test("server.transition_wait_seconds: a transition waits for its evidence from then on", async () => {
  const agent = await begin();
  expect((await agent.transition("COMPLETE")).body).toMatchObject({ blockers: ["evidence_running"] });
  await change({ "server.transition_wait_seconds": 60 });
  writeFileSync(released, "");
  expect((await agent.transition("COMPLETE")).body).toMatchObject({ allowed: true });
});

test("server: timeout_seconds and max_concurrent_requests", async () => {
  const agent = await begin();
  const [begun, ended] = [join(directory, "begun"), join(directory, "ended")];
  const slow = agent.bash(`touch ${begun}; until test -e ${ended}; do sleep 0.05; done`, { timeout: 20 });
  await expect.poll(() => existsSync(begun)).toBe(true);
  await change({ "server.timeout_seconds": 1 });
  // It waits for the workspace, which the command has for itself.
  const waiting = await operator.post(`/tasks/${agent.taskId}/sync`, { reason: "the base moved" });
  expect(waiting.body["code"]).toBe("timed_out");
  await change({ "server.timeout_seconds": 30, "server.max_concurrent_requests": 1 });
  expect((await operator.get("/keys")).body["code"]).toBe("overloaded");
  expect((await operator.get("/health/ready")).body["code"]).toBe("overloaded");
  // The way out stays open.
  await change({ "server.max_concurrent_requests": 512 });
  expect((await operator.get("/keys")).status).toBe(200);
  writeFileSync(ended, "");
  expect((await slow).status).toBe(200);
});

test("health: disk and clock decide about ready, memory about everything but the way back", async () => {
  const ready = async () => (await operator.get("/health/ready")).status;
  expect(await ready()).toBe(200);
  await change({ "health.min_free_disk_mb": 10_000_000 });
  expect(await ready()).toBe(503);
  await change({ "health.min_free_disk_mb": 0, "health.max_clock_jump_seconds": 3_600 });
  clock.behindMs = 60_000;
  expect(await ready()).toBe(200);
  await change({ "health.max_clock_jump_seconds": 10 });
  clock.behindMs = 0;
  expect(await ready()).toBe(503);

  for (const setting of ["health.max_rss_mb", "health.max_heap_used_mb"]) {
    await change({ [setting]: 16 });
    await expect.poll(async () => (await operator.get("/keys")).body["code"]).toBe("overloaded");
    expect((await claim()).status).toBe(503);
    expect((await operator.get("/health/ready")).body["code"]).toBe("overloaded");
    await change({ [setting]: null });
    expect((await operator.get("/keys")).status).toBe(200);
    expect((await operator.get("/health/ready")).body["code"]).not.toBe("overloaded");
  }
});

test("health.max_event_loop_delay_ms: a server further behind than that sends requests away", async () => {
  const behind = setInterval(() => {
    const until = performance.now() + 60;
    while (performance.now() < until);
  }, 1);
  try {
    expect((await operator.get("/keys")).status).toBe(200);
    await change({ "health.max_event_loop_delay_ms": 10 });
    await expect.poll(async () => (await operator.get("/keys")).body["code"]).toBe("overloaded");
    await server.reload();
    expect((await operator.get("/keys")).status).toBe(200);
  } finally {
    clearInterval(behind);
  }
});

test("each setting that holds at run time has a test of its effect", () => {
  const tests = ["test/e2e/runtime-settings.test.ts", "packages/server/src/jobs/dispatcher.test.ts"]
    .map((file) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"))
    .join("");
  const untested = settings
    .filter(({ effect }) => effect === "runtime")
    .map(({ path }) => path)
    .filter((path) => !new RegExp(`"${path}\\b`).test(tests) && !tests.includes(`and ${path} of now`));
  expect(untested).toEqual([]);
});
