import { type EventId, type NewEvent, type PrincipalId, serverPrincipalId } from "@phasegate/wire";
import { afterEach, expect, test } from "vitest";
import { openShell, type Shell } from "../http/shell-under-test.ts";
import { eventRoutes, type EventRouteLimits } from "./routes.ts";

let shell: Shell | null = null;
afterEach(async () => {
  await shell?.close();
  shell = null;
});

const limits: EventRouteLimits = { maxStreams: 2, maxStreamsPerPrincipal: 1, heartbeatMs: 50 };

async function opened(more: Partial<EventRouteLimits> = {}): Promise<Shell & { url: string }> {
  shell = await openShell({ routes: () => eventRoutes({ ...limits, ...more }) });
  return { ...shell, url: await shell.listen() };
}

const digest = `sha256:${"0".repeat(64)}`;
let made = 0;

/** A task with a claim by `principal`, as the ledger would have it. */
async function addTask(to: Shell, id: string, principal: PrincipalId): Promise<void> {
  const eventId = () => `evt_${(made += 1)}` as EventId;
  const workflow = { name: "w", digest };
  const created: NewEvent = {
    id: eventId(),
    type: "task.created",
    data: {
      title: id,
      description: null,
      priority: 0,
      capabilities: [],
      labels: [],
      dependencies: [],
      waiting: false,
      workflow,
      base: { ref: "main", commit: "c" },
      phase: "PLAN",
      tree: digest,
      ad_hoc: false,
    },
  };
  const claimed: NewEvent = {
    id: eventId(),
    type: "task.claimed",
    data: {
      agent_id: "a",
      principal,
      owner: null,
      capabilities: [],
      phase: "PLAN",
      entry: 1,
      epoch: 1,
      assurance: "mediated",
      resumed: false,
      token_id: "tok_1",
    },
  };
  const result = await to.ledger.append({
    stream: `task/${id}`,
    expectedVersion: 0,
    origin: { principal, agentId: null, at: "2030-01-01T00:00:00.000Z" },
    events: [created, claimed],
  });
  expect(result.status).toBe("appended");
}

interface List {
  readonly events: {
    readonly type: string;
    readonly subject: string;
    readonly position: number;
    readonly data: object;
  }[];
  readonly next_after: number | null;
}

async function list(from: Shell & { url: string }, key: string, query = ""): Promise<List> {
  const answer = await fetch(`${from.url}/api/v1/events${query}`, { headers: { authorization: `Bearer ${key}` } });
  return (await answer.json()) as List;
}

function idOf(from: Shell, key: string): PrincipalId {
  return from.keys.principalOf(key)?.id ?? serverPrincipalId;
}

test("history comes in pages by position, by type and by task", async () => {
  const server = await opened();
  await addTask(server, "task_1", idOf(server, server.agentKey));
  await addTask(server, "task_2", serverPrincipalId);
  const first = await list(server, server.operatorKey, "?limit=3");
  expect(first.events.map((event) => event.type)).toEqual(["key.created", "key.created", "task.created"]);
  const rest = await list(server, server.operatorKey, `?limit=3&after=${first.next_after}`);
  expect(rest.events.map((event) => event.position)).toEqual([4, 5, 6]);
  expect((await list(server, server.operatorKey, "?type=task.claimed&type=task.created")).events).toHaveLength(4);
  const ofTask = await list(server, server.operatorKey, "?task_id=task_2");
  expect(ofTask.events.map((event) => event.subject)).toEqual(["task/task_2", "task/task_2"]);
  expect(ofTask.next_after).toBeNull();
});

test("a reader that knows a later position than the ledger is told, and not left to miss what happens until then", async () => {
  const server = await opened();
  const stream = { accept: "text/event-stream" };
  for (const [query, headers] of [
    ["?after=3", {}],
    ["?after=3", stream],
    ["", { ...stream, "last-event-id": "3" }],
  ] as const) {
    const answer = await fetch(`${server.url}/api/v1/events${query}`, {
      headers: { authorization: `Bearer ${server.operatorKey}`, ...headers },
    });
    expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({
      status: 422,
      code: "invalid_request",
      detail: "no event has the position `3` yet: the last is `2`",
    });
  }
  expect(await list(server, server.operatorKey, "?after=2")).toEqual({ events: [], next_after: null });
});

test("an event is a CloudEvent, without the digest of a key", async () => {
  const server = await opened();
  const { events } = await list(server, server.operatorKey, "?limit=1");
  expect(events[0]).toMatchObject({
    specversion: "1.0",
    source: "phasegate",
    type: "key.created",
    datacontenttype: "application/json",
    position: 1,
    version: 1,
  });
  expect(events[0]?.data).not.toHaveProperty("verifier");
});

test("an agent sees the events of its own tasks and of no others, also by name", async () => {
  const server = await opened();
  await addTask(server, "task_1", idOf(server, server.agentKey));
  await addTask(server, "task_2", serverPrincipalId);
  const seen = await list(server, server.agentKey);
  expect(new Set(seen.events.map((event) => event.subject))).toEqual(new Set(["task/task_1"]));
  const hidden = (await list(server, server.agentKey, "?task_id=task_2")) as unknown as { code: string };
  const absent = (await list(server, server.operatorKey, "?task_id=task_9")) as unknown as { code: string };
  expect([hidden.code, absent.code]).toEqual(["unknown_task", "unknown_task"]);
});

test("a stream begins after a position, follows, beats while idle, and ends with the server", async () => {
  const server = await opened();
  await addTask(server, "task_1", serverPrincipalId);
  const reader = await follow(server, server.operatorKey, { "last-event-id": "3" });
  expect(await reader.until("event: task.claimed")).toContain("id: 4\n");
  await addTask(server, "task_2", serverPrincipalId);
  expect(await reader.until("id: 6\n")).toContain("id: 5\nevent: task.created\n");
  await reader.until(": heartbeat");
  const closed = server.app.close();
  await reader.end();
  await closed;
});

test("an agent's stream shows a task from its claim on", async () => {
  const server = await opened();
  const reader = await follow(server, server.agentKey);
  await addTask(server, "task_1", serverPrincipalId);
  await addTask(server, "task_2", idOf(server, server.agentKey));
  const text = await reader.until("task.claimed");
  expect(text).toContain("task/task_2");
  expect(text).not.toContain("task/task_1");
  reader.leave();
});

test("a stream ends when its reader's key is revoked", async () => {
  const server = await opened();
  const reader = await follow(server, server.agentKey);
  const id = server.keys.principalOf(server.agentKey)?.keyId;
  if (!id) throw new Error("the agent has no key");
  await server.keys.revoke(serverPrincipalId, id, "lost");
  await expect(reader.end()).resolves.toBeUndefined();
});

test("streams are bounded, and a client that leaves gives its place back", async () => {
  const server = await opened();
  const first = await follow(server, server.operatorKey);
  const second = await fetch(`${server.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${server.operatorKey}`, accept: "text/event-stream" },
  });
  expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([429, "rate_limited"]);
  const gone = first.left();
  first.leave();
  await gone;
  const third = await follow(server, server.operatorKey);
  third.leave();
});

async function follow(from: Shell & { url: string }, key: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const socketClosed = Promise.withResolvers<void>();
  from.app.server.once("connection", (socket) => socket.once("close", () => socketClosed.resolve()));
  const answer = await fetch(`${from.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${key}`, accept: "text/event-stream", ...headers },
    signal: leaving.signal,
  });
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async until(part: string): Promise<string> {
      while (!text.includes(part)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended before \`${part}\`: ${text}`);
        text += value;
      }
      return text;
    },
    async end(): Promise<void> {
      while (!(await reader.read()).done);
    },
    leave: () => leaving.abort(),
    left: () => socketClosed.promise,
  };
}
