import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Api } from "../harness/api.ts";
import { startScript } from "../harness/processes.ts";
import { makeRepository, temporaryDirectory } from "../harness/repository.ts";
import { operatorKey } from "../harness/server.ts";

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const workflow = "name: one\nphases:\n  - { id: WORK, tools: [read] }\n";

interface Sent {
  readonly subject: string;
  readonly version: number;
}

/** A receiver that takes what it gets, or drops the connection. */
async function openReceiver() {
  const taken: Sent[] = [];
  const state = { takes: false };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      if (!state.takes) return request.socket.destroy();
      taken.push(JSON.parse(body) as Sent);
      return response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret` };
}

test("a receiver that never answers holds up no decision and no end of the server, and gets it all later", async () => {
  const hanging = { takes: false, asked: 0, taken: new Set<unknown>() };
  const receiver = createServer((request, response) => {
    hanging.asked += 1;
    if (!hanging.takes) return;
    hanging.taken.add(request.headers["webhook-id"]);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  closing.push(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const { path, remove } = temporaryDirectory("webhooks");
  closing.push(remove);
  const repository = makeRepository(join(path, "repository"), { "agent_workflow.yaml": workflow });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const settings = { "events.webhooks": [{ name: "slow", url, types: ["task.created"], timeout_seconds: 60 }] };
  const start = async () => {
    const args = [repository, join(path, "data"), JSON.stringify(settings)];
    const script = new URL("../harness/serve.ts", import.meta.url);
    const started = await startScript(script, args, { PHASEGATE_OPERATOR_KEY: operatorKey });
    closing.push(() => started.stop());
    return { started, api: new Api(started.line, operatorKey) };
  };
  const { started, api } = await start();
  const titles = Array.from({ length: 20 }, (_, index) => `Task ${index}`);
  for (const title of titles) expect((await api.post("/tasks", { title })).status).toBe(201);
  await expect.poll(() => hanging.asked).toBeGreaterThan(0);
  expect((await api.post("/tasks", { title: "One more" })).status).toBe(201);
  // Longer than a test may take, if it waited for the receiver.
  await started.stop();
  hanging.takes = true;
  await start();
  await expect.poll(() => hanging.taken.size).toBe(titles.length + 1);
});

test("what happened before a kill reaches the receiver after the restart, each task's events in order", async () => {
  const receiver = await openReceiver();
  const { path, remove } = temporaryDirectory("webhooks");
  closing.push(remove);
  const repository = makeRepository(join(path, "repository"), { "agent_workflow.yaml": workflow });
  const settings = {
    "events.webhooks": [{ name: "outside", url: receiver.url, types: ["task.created", "task.cancelled"] }],
    "circuit_breaker.timeout_seconds": 1,
    "circuit_breaker.failure_threshold": 2,
  };
  const start = async () => {
    const args = [repository, join(path, "data"), JSON.stringify(settings)];
    const script = new URL("../harness/serve.ts", import.meta.url);
    const started = await startScript(script, args, { PHASEGATE_OPERATOR_KEY: operatorKey });
    closing.push(() => (started.process.signalCode === null ? started.stop() : undefined));
    return { started, api: new Api(started.line, operatorKey) };
  };

  const { started, api } = await start();
  const ids: string[] = [];
  for (const title of ["a", "b", "c"]) {
    const { body } = await api.post("/tasks", { title });
    ids.push(String(body["id"]));
  }
  for (const id of ids) expect((await api.post(`/tasks/${id}/cancel`, { reason: "not wanted" })).status).toBe(200);
  started.process.kill("SIGKILL");
  await once(started.process, "exit");
  expect(receiver.taken).toEqual([]);

  receiver.state.takes = true;
  const again = (await start()).api;
  await expect.poll(() => new Set(receiver.taken.map(({ subject }) => subject)).size).toBe(3);
  await expect.poll(() => receiver.taken.length).toBe(6);
  for (const id of ids) {
    const versions = receiver.taken.filter(({ subject }) => subject === `task/${id}`).map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect(versions).toHaveLength(2);
  }

  const { body } = await again.get("/webhooks");
  expect(JSON.stringify(body)).not.toContain("secret");
  expect(body["webhooks"]).toMatchObject([{ name: "outside", outstanding: 0, gone: false, breaker: "CLOSED" }]);
  const { body: breakers } = await again.get("/breakers");
  expect(breakers["breakers"]).toMatchObject([{ name: "webhook:outside", state: "CLOSED" }]);
  expect((await again.post("/breakers/webhook:outside/reset")).body).toMatchObject({ total_calls: 0 });
  expect((await again.post("/breakers/other/reset")).status).toBe(404);
  expect((await again.get("/webhooks/dead-letters")).body).toEqual({ dead_letters: [] });
  const agent = await again.post("/keys", { name: "ada", kind: "agent", roles: ["agent"] });
  const asAgent = new Api(again.url, String(agent.body["key"]));
  for (const path of ["/breakers", "/webhooks"]) expect((await asAgent.get(path)).status).toBe(403);
  expect((await asAgent.post("/breakers/webhook:outside/reset")).status).toBe(403);
});
