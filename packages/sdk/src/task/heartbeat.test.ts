import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AgentClient, type AgentClientOptions, type ClientEvent } from "../index.ts";
import {
  claimAnswer,
  refusal,
  renewAnswer,
  type ScriptedAnswer,
  ScriptedServer,
  taskAnswer,
  taskId,
  transitionAnswer,
} from "../testing/scripted-server.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

async function working(script: readonly ScriptedAnswer[], options: Partial<AgentClientOptions> = {}) {
  const server = new ScriptedServer(claimAnswer(), ...script);
  const events: ClientEvent[] = [];
  const client = new AgentClient({
    url: "http://scripted",
    key: "the-key",
    agentId: "ada",
    fetch: server.fetch,
    onEvent: (event) => events.push(event),
    ...options,
  });
  await client.claimTask({ taskId });
  return { client, server, events };
}

const beat = `POST /tasks/${taskId}/heartbeat`;
/** A lease of 30 seconds from the first second on. */
const lease = renewAnswer("token-1b", "2026-01-01T00:00:31.000Z");

test("it beats within a second of the claim, then three times a lease, and carries the token on", async () => {
  const { client, server, events } = await working([lease, lease]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.calls.slice(1)).toEqual([beat]);
  expect(client.leaseExpiresAt).toBe("2026-01-01T00:00:31.000Z");
  await vi.advanceTimersByTimeAsync(7_700);
  expect(server.calls.slice(1)).toEqual([beat]);
  await vi.advanceTimersByTimeAsync(2_400);
  expect(server.calls.slice(1)).toEqual([beat, beat]);
  expect(server.requests.map(({ body }) => body["phase_token"]).slice(1)).toEqual(["token-1", "token-1b"]);
  expect(events[0]).toEqual({ type: "heartbeat", taskId, leaseExpiresAt: "2026-01-01T00:00:31.000Z" });
  client.close();
});

test.each<[string, (client: AgentClient) => unknown, readonly ScriptedAnswer[]]>([
  ["close", (client) => client.close(), []],
  ["release", (client) => client.release(), [taskAnswer({ status: "ready" })]],
  ["completion", (client) => client.complete(), [transitionAnswer({ allowed: true, status: "completed" })]],
  ["disposal", (client) => client[Symbol.asyncDispose](), [{ body: { next: [] } }, taskAnswer({ status: "ready" })]],
  [
    "a transition that awaits a person",
    (client) => client.requestTransition("NEXT"),
    [transitionAnswer({ status: "awaiting_approval" })],
  ],
])("it stops at %s", async (_, act, script) => {
  const { client } = await working(script);
  expect(vi.getTimerCount()).toBe(1);
  await act(client);
  expect(vi.getTimerCount()).toBe(0);
});

test("it goes on when a release was refused", async () => {
  const { client } = await working([refusal("transition_in_progress")]);
  await expect(client.release()).rejects.toMatchObject({ code: "transition_in_progress" });
  expect(vi.getTimerCount()).toBe(1);
  client.close();
});

test("it stops and says so when the task is held no longer", async () => {
  const { events, server } = await working([refusal("token_revoked")]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toMatchObject([{ type: "hold_lost", taskId, error: { code: "token_revoked" } }]);
  expect(server.calls.slice(1)).toEqual([beat]);
});

test.each<[string, ScriptedAnswer]>([
  ["a lost connection", "lost"],
  ["a server that is down", refusal("shutting_down")],
  ["a task that awaits a person", refusal("task_not_active")],
])("%s makes it try again, once each second", async (_, answer) => {
  const { client, server, events } = await working([answer, answer, lease]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(server.calls.slice(1)).toEqual([beat, beat, beat]);
  expect(events.map((event) => event.type)).toEqual(["heartbeat_failed", "heartbeat_failed", "heartbeat"]);
  client.close();
});

test("a beat that is answered after a transition does not bring the old token back", async () => {
  const answered = Promise.withResolvers<void>();
  const server = new ScriptedServer(
    claimAnswer(),
    transitionAnswer({ allowed: true, new_token: "token-2", phase: "NEXT", status: "active" }),
    { body: { next: [], allowed_tools: [] } },
  );
  const slowBeat: typeof fetch = async (input, init) => {
    if (!(input as string).endsWith("/heartbeat")) return server.fetch(input, init);
    await answered.promise;
    return Response.json({ phase_token: "token-1b", expires_at: "x", lease_expires_at: "2026-01-01T00:00:31.000Z" });
  };
  const client = new AgentClient({ url: "http://scripted", key: "k", agentId: "ada", fetch: slowBeat });
  await client.claimTask();
  await vi.advanceTimersByTimeAsync(1_000);
  await client.requestTransition("NEXT");
  answered.resolve();
  await vi.advanceTimersByTimeAsync(0);
  await client.getStateSnapshot();
  expect(server.requests.at(-1)?.headers.get("phase-token")).toBe("token-2");
  client.close();
});

test("without a key, or when it is not wanted, there is none", async () => {
  await working([], { key: null });
  await working([], { heartbeat: false });
  expect(vi.getTimerCount()).toBe(0);
});
