import { describe, expect, test } from "vitest";
import { AgentClient, type ClientEvent, PhasegateUsageError, TokenError } from "./index.ts";
import {
  claimAnswer,
  refusal,
  renewAnswer,
  type ScriptedAnswer,
  ScriptedServer,
  taskAnswer,
  taskId,
  transitionAnswer,
} from "./testing/scripted-server.ts";

const moved = transitionAnswer({ allowed: true, new_token: "token-2", phase: "NEXT", status: "active" });
const toolAnswer: ScriptedAnswer = { body: { result: { content: "x" }, logged: true, event_id: "e", warnings: [] } };
const approval = { id: "apr_1", digest: "sha256:1", expires_at: "2026-01-02T00:00:00.000Z" };
const awaiting = transitionAnswer({ approval, status: "awaiting_approval", operation_id: "op_1" });

function operation(members: Record<string, unknown>): ScriptedAnswer {
  return { body: { id: "op_1", done: false, metadata: { stage: "gathering_evidence" }, ...members } };
}

/** A client that has claimed a task; its further calls are answered by the script. */
async function working(...script: ScriptedAnswer[]) {
  const server = new ScriptedServer(claimAnswer(), ...script);
  const events: ClientEvent[] = [];
  const client = new AgentClient({
    url: "http://scripted",
    key: "the-key",
    agentId: "ada",
    heartbeat: false,
    retry: { initialDelayMs: 1 },
    fetch: server.fetch,
    onEvent: (event) => events.push(event),
  });
  await client.claimTask({ taskId });
  return { client, server, events };
}

const polling = { pollMs: 1 };

describe("tokens", () => {
  test("a transition's new token is the one of the next call", async () => {
    const { client, server } = await working(moved, toolAnswer);
    await client.requestTransition("NEXT");
    await client.readFile("a");
    expect(server.requests.map(({ body }) => body["phase_token"])).toEqual([undefined, "token-1", "token-2"]);
    expect(client.phase).toBe("NEXT");
  });

  test.each(["token_expired", "token_superseded"] as const)("%s is cured once with the key", async (code) => {
    const { client, server, events } = await working(
      refusal(code),
      taskAnswer({ phase: "NEXT" }),
      renewAnswer("token-2"),
      toolAnswer,
    );
    expect(await client.readFile("a")).toBe("x");
    expect(server.calls.slice(1)).toEqual([
      "POST /tools/execute",
      `GET /tasks/${taskId}`,
      `POST /tasks/${taskId}/token`,
      "POST /tools/execute",
    ]);
    const [first, second] = server.requests.filter(({ path }) => path === "/tools/execute");
    expect(second?.body["phase_token"]).toBe("token-2");
    expect(second?.headers.get("idempotency-key")).not.toBe(first?.headers.get("idempotency-key"));
    expect(events).toEqual([{ type: "token_renewed", taskId, phase: "NEXT" }]);
    expect(client.phase).toBe("NEXT");
  });

  test("a second refusal of a renewed token is the caller's to hear", async () => {
    const { client } = await working(
      refusal("token_superseded"),
      taskAnswer({ phase: "WORK" }),
      renewAnswer("token-2"),
      refusal("token_superseded"),
    );
    await expect(client.readFile("a")).rejects.toBeInstanceOf(TokenError);
  });

  test("a task that another agent holds is not taken from it", async () => {
    const { client, server } = await working(
      refusal("token_superseded"),
      taskAnswer({ phase: "WORK", holder: { agent_id: "bob" } }),
    );
    await expect(client.readFile("a")).rejects.toMatchObject({ code: "token_superseded" });
    expect(server.calls.at(-1)).toBe(`GET /tasks/${taskId}`);
  });

  test.each(["token_revoked", "token_wrong_task", "token_malformed", "tool_not_allowed", "forbidden"] as const)(
    "%s is not cured",
    async (code) => {
      const { client, server } = await working(refusal(code));
      await expect(client.readFile("a")).rejects.toMatchObject({ code });
      expect(server.requests).toHaveLength(2);
    },
  );

  test("calls that fail together ask for one new token", async () => {
    const { client, server } = await working(
      refusal("token_superseded"),
      refusal("token_superseded"),
      taskAnswer({ phase: "WORK" }),
      renewAnswer("token-2"),
      toolAnswer,
      toolAnswer,
    );
    await Promise.all([client.readFile("a"), client.readFile("b")]);
    expect(server.calls.filter((call) => call.endsWith("/token"))).toHaveLength(1);
  });
});

describe("transitions", () => {
  test("an answer that is not yet one is followed to the decision", async () => {
    const running = transitionAnswer({ blockers: ["evidence_running"], operation_id: "op_1" });
    const response = (moved as { body: object }).body;
    const { client, server } = await working(running, operation({}), operation({ done: true, response }), toolAnswer);
    expect(await client.requestTransition("NEXT", polling)).toMatchObject({ outcome: "moved", phase: "NEXT" });
    await client.readFile("a");
    expect(server.requests.at(-1)?.body["phase_token"]).toBe("token-2");
  });

  test("an operation is asked for where the caller prefers it", async () => {
    const response = (moved as { body: object }).body;
    const { client, server } = await working(
      { status: 202, body: { id: "op_1", done: false, metadata: {} } },
      operation({ done: true, response }),
    );
    await client.requestTransition("NEXT", { ...polling, respondAsync: true });
    expect(server.requests[1]?.headers.get("prefer")).toBe("respond-async");
    expect(server.calls.at(-1)).toBe("GET /operations/op_1");
  });

  test("an operation that ended in a problem throws it", async () => {
    const running = transitionAnswer({ blockers: ["evidence_running"], operation_id: "op_1" });
    const { body: error } = refusal("stale_phase") as { body: object };
    const { client } = await working(running, operation({ done: true, error }));
    await expect(client.requestTransition("NEXT", polling)).rejects.toMatchObject({ code: "stale_phase" });
  });

  test("an operation that the server forgot is asked for again by the same transition", async () => {
    const running = transitionAnswer({ blockers: ["evidence_running"], operation_id: "op_1" });
    const { client, server } = await working(running, refusal("unknown_operation"), moved);
    expect(await client.requestTransition("NEXT", polling)).toMatchObject({ outcome: "moved" });
    expect(server.calls.slice(1)).toEqual(["POST /tasks/transition", "GET /operations/op_1", "POST /tasks/transition"]);
  });

  test("a refusal of the gate is an outcome with its findings", async () => {
    const finding = {
      check: "all_tests_pass",
      severity: "blocking",
      message: "1 fails",
      source: "evidence",
      rule: null,
    };
    const { client } = await working(
      transitionAnswer({ blockers: ["1 fails"], findings: [finding], phase: "WORK", status: "active" }),
    );
    expect(await client.requestTransition("NEXT")).toEqual({
      outcome: "blocked",
      allowed: false,
      phase: "WORK",
      blockers: ["1 fails"],
      findings: [finding],
      warnings: [],
    });
  });

  test("a completion ends the hold", async () => {
    const { client, server } = await working(
      transitionAnswer({ allowed: true, phase: "WORK", status: "completed", commit: "abc" }),
    );
    expect(await client.complete({ artifacts: { summary: { text: "done" } } })).toMatchObject({
      outcome: "completed",
      commit: "abc",
    });
    expect(server.calls.at(-1)).toBe(`POST /tasks/${taskId}/complete`);
    expect(server.requests.at(-1)?.body["artifacts"]).toEqual({ summary: { text: "done" } });
    await expect(client.useTool("glob", { pattern: "*" })).rejects.toBeInstanceOf(PhasegateUsageError);
  });
});

describe("a completion of a task that has ended", () => {
  test("is told when it was completed, as by a commit in its last phase", async () => {
    const { client } = await working(refusal("token_revoked"), taskAnswer({ phase: "WORK", status: "completed" }));
    expect(await client.complete()).toMatchObject({ outcome: "completed", allowed: true, phase: "WORK" });
    expect(client.task).toBeNull();
  });

  test("is refused when it ended otherwise", async () => {
    const { client } = await working(refusal("token_revoked"), taskAnswer({ phase: "WORK", status: "cancelled" }));
    await expect(client.complete()).rejects.toMatchObject({ code: "token_revoked" });
  });
});

describe("approvals", () => {
  test("a transition that only lacks a person says so and what is to be approved", async () => {
    const { client } = await working(awaiting);
    expect(await client.requestTransition("NEXT")).toMatchObject({
      outcome: "awaiting_approval",
      allowed: false,
      approval,
    });
  });

  test("an operation that comes to wait for a person says so before it is done", async () => {
    const { client } = await working(
      { status: 202, body: { id: "op_1", done: false, metadata: {} } },
      operation({ metadata: { stage: "awaiting_approval", approval } }),
    );
    const result = await client.requestTransition("NEXT", { ...polling, respondAsync: true });
    expect(result).toMatchObject({ outcome: "awaiting_approval", approval });
  });

  test("the wait goes on from there to the grant, and the token with it", async () => {
    const response = (moved as { body: object }).body;
    const { client, server } = await working(
      awaiting,
      operation({ metadata: { stage: "awaiting_approval", approval } }),
      operation({ done: true, response }),
      toolAnswer,
    );
    await client.requestTransition("NEXT");
    expect(await client.waitForTransition(polling)).toMatchObject({ outcome: "moved", phase: "NEXT" });
    await client.readFile("a");
    expect(server.requests.at(-1)?.body["phase_token"]).toBe("token-2");
    await expect(client.waitForTransition()).rejects.toBeInstanceOf(PhasegateUsageError);
  });

  test("one call waits through, and a denial is a refusal of the gate", async () => {
    const denied = { allowed: false, new_token: null, blockers: ["denied: not yet"], findings: [], warnings: [] };
    const { client } = await working(awaiting, operation({ done: true, response: { ...denied, status: "active" } }));
    const result = await client.requestTransition("NEXT", { ...polling, waitForApproval: true });
    expect(result).toMatchObject({ outcome: "blocked", blockers: ["denied: not yet"], phase: "WORK" });
  });

  test("a grant whose token went unread is taken up with the key", async () => {
    const response = { ...(moved as { body: object }).body, new_token: null };
    const { client, server } = await working(
      awaiting,
      operation({ done: true, response }),
      taskAnswer({ phase: "NEXT" }),
      renewAnswer("token-3"),
      toolAnswer,
    );
    await client.requestTransition("NEXT", { ...polling, waitForApproval: true });
    await client.readFile("a");
    expect(server.requests.at(-1)?.body["phase_token"]).toBe("token-3");
  });

  test("where the operation is forgotten the task itself tells", async () => {
    const { client } = await working(
      awaiting,
      refusal("unknown_operation"),
      taskAnswer({ phase: "WORK", status: "awaiting_approval" }),
      taskAnswer({ phase: "NEXT" }),
      taskAnswer({ phase: "NEXT" }),
      renewAnswer("token-3"),
    );
    const result = await client.requestTransition("NEXT", { ...polling, waitForApproval: true });
    expect(result).toMatchObject({ outcome: "moved", phase: "NEXT" });
  });

  test("the wait ends with the signal", async () => {
    const controller = new AbortController();
    const { client } = await working(awaiting, operation({ metadata: { stage: "awaiting_approval", approval } }));
    await client.requestTransition("NEXT");
    const waiting = client.waitForTransition({ signal: controller.signal });
    controller.abort(new Error("going home"));
    await expect(waiting).rejects.toThrow("going home");
  });
});

test("what a permissive phase would have denied is told", async () => {
  const warned = { body: { result: { content: "x" }, logged: true, event_id: "e", warnings: ["not in strict"] } };
  const { client, events } = await working(warned);
  await client.readFile("a");
  expect(events).toEqual([{ type: "warnings", tool: "read_files", warnings: ["not in strict"] }]);
});

test("a listener that throws breaks nothing", async () => {
  const server = new ScriptedServer("lost", claimAnswer());
  const client = new AgentClient({
    url: "http://scripted",
    agentId: "ada",
    retry: { initialDelayMs: 1 },
    fetch: server.fetch,
    onEvent: () => {
      throw new Error("the log is full");
    },
  });
  expect(await client.claimTask()).toMatchObject({ id: taskId });
});

test("nothing is sent without a task", async () => {
  const server = new ScriptedServer();
  const client = new AgentClient({ url: "http://scripted", agentId: "ada", fetch: server.fetch });
  await expect(client.useTool("glob", {})).rejects.toBeInstanceOf(PhasegateUsageError);
  expect(server.requests).toEqual([]);
});
