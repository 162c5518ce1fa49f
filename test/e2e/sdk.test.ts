import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestServer } from "../harness/server.ts";
import {
  AgentClient,
  type AgentClientOptions,
  type ClientEvent,
  NotFoundError,
  PhasegateUsageError,
  TokenError,
  ToolDeniedError,
  ToolFailedError,
  UnauthenticatedError,
} from "@phasegate/sdk";

const workflow = `
name: sdk
phases:
  - { id: PLAN, tools: [read], artifacts: [plan], gate: plan_has_acceptance_criteria }
  - { id: TDD, tools: [read, edit, run], write: ["test/**"] }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;
const plan = { summary: "two", acceptance_criteria: ["two is 2"] };

describe("an agent client and a real server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "src/app.js": "export const one = 1;\n" } });
  });
  afterAll(() => server.stop());

  async function client(name: string, options: Partial<AgentClientOptions> = {}): Promise<AgentClient> {
    const { key } = await server.agent(name);
    return new AgentClient({ url: server.url, key, agentId: name, ...options });
  }

  async function addTask(title: string): Promise<string> {
    const answer = await server.operator.post("/tasks", { title });
    return String(answer.body["id"]);
  }

  async function statusOf(taskId: string): Promise<unknown> {
    return (await server.operator.get(`/tasks/${taskId}`)).body["status"];
  }

  /** A client that holds a new task in phase TDD. */
  async function inTdd(agent: AgentClient): Promise<string> {
    const taskId = await addTask("Add two");
    await agent.claimTask({ taskId });
    const moved = await agent.requestTransition("TDD", { artifacts: { plan } });
    expect(moved.outcome).toBe("moved");
    return taskId;
  }

  test("a task goes from the first phase to the last without the caller ever seeing a token", async () => {
    const taskId = await addTask("Add two");
    await using agent = await client("ada");
    const task = await agent.claimTask({ taskId });
    expect(task).toMatchObject({ id: taskId, title: "Add two", workflow: "sdk" });
    expect(agent.phase).toBe("PLAN");
    expect(await agent.readFile("src/app.js")).toBe("export const one = 1;\n");
    expect(await agent.brief()).toContain("**Phase PLAN** of PLAN > TDD > IMPL > COMPLETE");

    const blocked = await agent.requestTransition("TDD", { artifacts: { plan: { summary: "two" } } });
    expect(blocked).toMatchObject({ outcome: "blocked", allowed: false, phase: "PLAN" });
    expect(blocked.findings[0]).toMatchObject({ check: "plan_has_acceptance_criteria", severity: "blocking" });

    const moved = await agent.requestTransition("TDD", { artifacts: { plan }, respondAsync: true });
    expect(moved).toMatchObject({ outcome: "moved", allowed: true, phase: "TDD" });
    expect(moved).not.toHaveProperty("new_token");
    await agent.writeFile("test/two.test.js", "// one\n");
    const edited = await agent.editFile("test/two.test.js", { oldText: "one", newText: "two" });
    expect(edited.replacements).toBe(1);
    await agent.writeFile("test/more.txt", "more\n", { mode: "a" });
    expect(await agent.glob("test/*")).toEqual(["test/more.txt", "test/two.test.js"]);
    expect(await agent.restoreFiles(["test/more.txt"])).toMatchObject({ restored: ["test/more.txt"] });
    const found = await agent.grep("two", { path: "test" });
    expect(found.matches).toEqual([{ file: "test/two.test.js", line: 1, content: "// two" }]);
    expect((await agent.gitDiff()).changed_paths).toEqual(["test/two.test.js"]);

    await agent.requestTransition("IMPL");
    const ran = await agent.runCommand("echo 'export const two = 2;' >> app.js && exit 3", { cwd: "src" });
    expect(ran).toMatchObject({ status: "completed", exit_code: 3, changed_paths: ["src/app.js"] });
    expect(await agent.readFile("src/app.js", { offset: 1, limit: 1 })).toBe("export const two = 2;\n");
    const snapshot = await agent.getStateSnapshot();
    expect(snapshot).toMatchObject({ current_phase: "IMPL", entry: 3, write: ["src/**"] });

    await agent.requestTransition("COMPLETE");
    expect((await agent.gitDiff({ since: "base" })).changed_paths).toEqual(["src/app.js", "test/two.test.js"]);
    const done = await agent.complete();
    expect(done).toMatchObject({ outcome: "completed", phase: "COMPLETE" });
    expect(agent.task).toBeNull();
    expect(await statusOf(taskId)).toBe("completed");
  });

  test("a denial carries its code, the rule and a hint", async () => {
    await using agent = await client("bea");
    await inTdd(agent);
    const denied = await agent.writeFile("src/app.js", "x").catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(ToolDeniedError);
    expect(denied).toMatchObject({
      name: "ToolDeniedError",
      code: "path_not_allowed",
      status: 403,
      rule: expect.stringMatching(/^agent_workflow\.yaml:\d+:\d+$/),
      hint: expect.any(String),
    });
    const failed = await agent.readFile("src/none.js").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ToolFailedError);
    expect(failed).toMatchObject({ code: "tool_failed", status: 400 });
  });

  test("an agent's own tool is authorized and recorded", async () => {
    await using agent = await client("cy");
    await inTdd(agent);
    const denied = await agent.authorizeTool("write_files", { path: "src/app.js", content: "x" });
    expect(denied).toMatchObject({ effect: "deny", reasons: [{ code: "path_not_allowed" }] });
    const allowed = await agent.authorizeTool("write_files", { path: "test/own.js", content: "x" });
    expect(allowed.effect).toBe("allow");
    const recorded = await agent.recordTool({ event_id: allowed.event_id, success: true, duration_ms: 3 });
    expect(recorded.event_id).toMatch(/^evt_/);
  });

  test("a token that died under this agent's own hold is renewed unseen", async () => {
    const events: ClientEvent[] = [];
    const { key } = await server.agent("dan");
    await using agent = new AgentClient({
      url: server.url,
      key,
      agentId: "dan",
      heartbeat: false,
      onEvent: (event) => events.push(event),
    });
    const taskId = await inTdd(agent);
    await using other = new AgentClient({ url: server.url, key, agentId: "dan", heartbeat: false });
    await other.claimTask({ taskId });
    expect(await agent.readFile("src/app.js")).toBe("export const one = 1;\n");
    expect(events).toEqual([{ type: "token_renewed", taskId, phase: "TDD" }]);
    other.close();
  });

  test("a hold that went to another agent is not taken back", async () => {
    await using agent = await client("eve", { heartbeat: false });
    const taskId = await inTdd(agent);
    await server.operator.post(`/tasks/${taskId}/reassign`, { reason: "too slow" });
    await using other = await client("eve-two", { heartbeat: false });
    await other.claimTask({ taskId });
    const refused = await agent.readFile("src/app.js").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TokenError);
    expect(refused).toMatchObject({ code: "token_superseded", next: { method: "POST", path: "/api/v1/tasks/claim" } });
  });

  test("the heartbeat renews lease and token until the task is released", async () => {
    let beats = 0;
    const third = Promise.withResolvers<void>();
    const onEvent = (event: ClientEvent): void => {
      if (event.type !== "heartbeat") return;
      beats += 1;
      if (beats === 3) third.resolve();
    };
    await using agent = await client("fay", { heartbeat: { intervalMs: 20 }, onEvent });
    const taskId = await inTdd(agent);
    await third.promise;
    // From the first beat on the lease is as short as configured, not an hour as at the claim.
    expect(Date.parse(agent.leaseExpiresAt ?? "") - Date.now()).toBeLessThan(300_001);
    expect(await agent.readFile("src/app.js")).toBe("export const one = 1;\n");
    expect(await agent.release("lunch")).toMatchObject({ id: taskId, status: "ready", phase: "TDD" });
    expect(agent.task).toBeNull();
    const beatsAtRelease = beats;
    await addTask("Time passes");
    await agent.claimTask({ taskId });
    expect(agent.phase).toBe("TDD");
    expect(beats).toBe(beatsAtRelease);
  });

  test("a heartbeat that finds the task gone says so and stops", async () => {
    const lost = Promise.withResolvers<ClientEvent>();
    const onEvent = (event: ClientEvent): void => {
      if (event.type === "hold_lost") lost.resolve(event);
    };
    await using agent = await client("gus", { heartbeat: { intervalMs: 20 }, onEvent });
    const taskId = await inTdd(agent);
    await server.operator.post(`/tasks/${taskId}/cancel`, { reason: "not needed" });
    expect(await lost.promise).toMatchObject({ taskId, error: { status: 403 } });
  });

  test("leaving the block gives the task back, also when it is left by an error", async () => {
    let taskId = "";
    const work = async (): Promise<void> => {
      await using agent = await client("hal");
      taskId = await inTdd(agent);
      throw new Error("the agent broke");
    };
    await expect(work()).rejects.toThrow("the agent broke");
    expect(await statusOf(taskId)).toBe("ready");
  });

  test("leaving the block in the last phase completes nothing", async () => {
    let taskId = "";
    {
      await using agent = await client("ian");
      taskId = await inTdd(agent);
      await agent.requestTransition("IMPL");
      await agent.requestTransition("COMPLETE");
    }
    expect(await statusOf(taskId)).toBe("active");
  });

  test("an agent gives a task up", async () => {
    await using agent = await client("jo");
    await inTdd(agent);
    expect(await agent.fail("cannot be done")).toMatchObject({ status: "failed" });
    await expect(agent.brief()).rejects.toBeInstanceOf(PhasegateUsageError);
  });

  test("an aborted call rejects with the signal's reason, and the client goes on", async () => {
    const sent = Promise.withResolvers<void>();
    const noteSending: typeof fetch = (input, init) => {
      if (typeof init?.body === "string" && init.body.includes("sleep 600")) sent.resolve();
      return fetch(input, init);
    };
    await using agent = await client("kim", { fetch: noteSending });
    await inTdd(agent);
    const controller = new AbortController();
    const running = agent.runCommand("sleep 600", { signal: controller.signal });
    await sent.promise;
    controller.abort(new Error("the user pressed escape"));
    await expect(running).rejects.toThrow("the user pressed escape");
    expect(await agent.runCommand("echo here")).toMatchObject({ stdout: "here\n" });
    await expect(agent.brief({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  test("a closed client ends what is under way and takes no calls", async () => {
    const agent = await client("lou");
    await inTdd(agent);
    const running = agent.runCommand("sleep 600");
    agent.close();
    await expect(running).rejects.toThrow("the client was closed");
    await expect(agent.claimTask()).rejects.toBeInstanceOf(PhasegateUsageError);
  });

  test("what cannot be claimed is refused by kind", async () => {
    await using agent = await client("mia");
    await expect(agent.claimTask({ taskId: "task_01AAAAAAAAAAAAAAAAAAAAAAAA" })).rejects.toBeInstanceOf(NotFoundError);
    await using stranger = new AgentClient({ url: server.url, key: "no such key", agentId: "mia" });
    await expect(stranger.claimTask()).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(stranger.claimTask()).rejects.toBeInstanceOf(UnauthenticatedError);
    await inTdd(agent);
    await expect(agent.claimTask()).rejects.toBeInstanceOf(PhasegateUsageError);
  });
});

test("where the calls of older agents need no key, a client without one claims, works and moves on", async () => {
  const server = await TestServer.start({
    workflow: "name: open\nphases:\n  - { id: WORK, tools: [read] }\n  - { id: DONE, tools: [read] }\n",
    files: { "a.txt": "a\n" },
    settings: { "security.auth": "open", "tasks.ad_hoc_claims": true },
  });
  try {
    await using agent = new AgentClient({ url: server.url, agentId: "guest" });
    await agent.claimTask();
    expect(await agent.readFile("a.txt")).toBe("a\n");
    expect(await agent.requestTransition("DONE")).toMatchObject({ outcome: "moved" });
    expect(await agent.getStateSnapshot()).toMatchObject({ current_phase: "DONE" });
    await expect(agent.brief()).rejects.toBeInstanceOf(UnauthenticatedError);
  } finally {
    await server.stop();
  }
});
