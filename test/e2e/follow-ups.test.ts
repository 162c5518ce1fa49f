import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postExternal } from "@phasegate/sdk";
import { Agent } from "../harness/agent.ts";
import type { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: follow-ups
phases:
  - { id: START, tools: [read, edit], write: ["docs/**"], timeout_seconds: 60 }
  - { id: TOLD, tools: [read] }
  - { id: SLOW, tools: [read], timeout_seconds: 60, on_timeout: reopen }
  - { id: DOOMED, tools: [read], timeout_seconds: 60, on_timeout: fail }
  - { id: BUSY, tools: [read] }
  - { id: HELD, tools: [read] }
  - { id: REVIEW, tools: [read], auto_spawn: [{ agent_type: review, models: [security, quality] }], gate: { reviews: [security, quality] } }
  - { id: FARM, tools: [read], gate: { external: { name: build-farm, timeout_seconds: 600 } } }
  - { id: DONE, tools: [read] }
transitions:
  - from: START
    to: TOLD
    triggers:
      - { action: notify_human, params: { message: look at it } }
      - { action: notify_orchestrator, params: { event: told } }
      - { action: update_prd_state, params: { status: begun } }
      - { action: webhook, params: { name: pager } }
      - { action: webhook, params: { name: elsewhere } }
      - { action: webhook, params: { url: "http://127.0.0.1:1/" } }
      - { action: command, params: { run: "cat docs/plan.md; echo x > docs/plan.md; echo x > /workspace/../escaped; id -u" } }
      - { action: command, params: { run: "exit 3" } }
      - { action: retry, params: { max_attempts: 1 } }
      - { action: escalate_to_human }
  - { from: START, to: SLOW, triggers: [{ action: spawn_task, params: { title: the next one, labels: [spawned] } }] }
  - { from: START, to: DOOMED }
  - { from: START, to: BUSY, triggers: [{ action: command, params: { run: sleep 1 } }] }
  - { from: START, to: HELD, triggers: [&hour { action: command, params: { run: sleep 3600 } }, *hour, *hour, *hour, *hour] }
  - { from: START, to: REVIEW }
  - { from: REVIEW, to: START, kind: rework }
  - { from: TOLD, to: START, kind: rework }
  - { from: START, to: FARM }
  - { from: FARM, to: DONE }
  - { from: REVIEW, to: DONE }
`;

const minute = 60_000;
/** Moves only when a test says so, from about now, as the keys of the tests are made by it. */
const clock = {
  at: Date.now(),
  now(): number {
    return this.at;
  },
};

interface Trigger {
  readonly action: string;
  readonly status: string;
  readonly detail: string | null;
}

interface Sent {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

describe("what follows from a transition", () => {
  let server: TestServer;
  let receiver: Server;
  const taken: Record<string, Sent[]> = { people: [], pager: [], "build-farm": [] };
  let titles = 0;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      request.on("end", () => {
        taken[(request.url ?? "").slice(1)]?.push(JSON.parse(body) as Sent);
        response.writeHead(204).end();
      });
    });
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    server = await TestServer.start({
      workflow,
      files: { "docs/plan.md": "the plan\n" },
      clock,
      settings: {
        "events.webhooks": [
          { name: "people", url: `${url}/people`, types: ["notification.requested"] },
          { name: "pager", url: `${url}/pager`, types: ["task.failed"] },
          { name: "build-farm", url: `${url}/build-farm`, types: ["task.failed"] },
        ],
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
  });

  async function makeAgent(name: string): Promise<Agent> {
    titles += 1;
    const { body } = await server.operator.post("/tasks", { title: `Task ${titles}` });
    return Agent.claim(await server.agent(name), name, String(body["id"]));
  }

  async function taskOf(id: string): Promise<Record<string, unknown>> {
    return (await server.operator.get(`/tasks/${id}`)).body;
  }

  async function triggersOf(id: string): Promise<Trigger[]> {
    await expect
      .poll(async () => ((await taskOf(id))["triggers"] as Trigger[]).some(({ status }) => status === "pending"), {
        timeout: 20_000,
      })
      .toBe(false);
    return (await taskOf(id))["triggers"] as Trigger[];
  }

  async function eventsOf(id: string, type: string): Promise<Sent[]> {
    return (await server.operator.get(`/events?task_id=${id}&type=${type}`)).body["events"] as Sent[];
  }

  test("each trigger is carried out once by a job, and one that fails changes nothing else", async () => {
    const agent = await makeAgent("tina");
    await agent.execute("write_files", { path: "docs/plan.md", content: "the judged plan\n" });
    const moved = await agent.transition("TOLD");
    expect(moved.body).toMatchObject({ allowed: true, phase: "TOLD" });
    expect((await triggersOf(agent.taskId)).map(({ action, status, detail }) => [action, status, detail])).toEqual([
      ["notify_human", "done", null],
      ["notify_orchestrator", "done", null],
      ["update_prd_state", "done", null],
      ["webhook", "done", null],
      ["webhook", "failed", "no webhook of the configuration is named `elsewhere`"],
      ["webhook", "failed", "`params.name` is missing: the name of a webhook of the configuration"],
      ["command", "done", null],
      ["command", "failed", "the command ended with exit code 3"],
      ["retry", "done", null],
      ["escalate", "done", null],
    ]);
    expect((await agent.snapshot()).body).toMatchObject({ status: "active", current_phase: "TOLD" });
    const executed = await eventsOf(agent.taskId, "trigger.executed");
    expect(executed.map(({ data }) => data["index"])).toHaveLength(10);
    expect(executed.find(({ data }) => data["action"] === "update_prd_state")?.data["params"]).toEqual({
      status: "begun",
    });
    // The command saw the judged tree, and nothing that it wrote is anywhere.
    const read = await agent.execute("read_files", { path: "docs/plan.md" });
    expect(read.body["result"]).toMatchObject({ content: "the judged plan\n" });
    await expect.poll(() => taken["people"]?.length).toBe(3);
    const told = taken["people"]?.map(({ data }) => [data["audience"], data["reason"]]);
    expect(told?.toSorted()).toEqual([
      ["human", "escalation"],
      ["human", "trigger"],
      ["orchestrator", "trigger"],
    ]);
    await expect.poll(() => taken["pager"]?.length).toBe(1);
    expect(taken["pager"]?.[0]).toMatchObject({ data: { audience: "webhook", webhook: "pager" } });
    expect(taken["build-farm"]).toEqual([]);
  });

  test("a stay that lasts too long is told of once, and stands until an operator looked", async () => {
    const agent = await makeAgent("sam");
    clock.at += minute;
    await expect.poll(async () => (await eventsOf(agent.taskId, "phase.timed_out")).length).toBe(1);
    const [blocker] = (await taskOf(agent.taskId))["blockers"] as { id: string; text: string }[];
    expect(blocker?.text).toBe("phase `START` has lasted longer than its 60 s");
    const blocked = await agent.transition("TOLD");
    expect(blocked.body).toMatchObject({ allowed: false });
    expect(JSON.stringify(blocked.body["blockers"])).toContain("has lasted longer");
    await server.operator.post(`/tasks/${agent.taskId}/blockers/${blocker?.id}/resolve`);
    expect((await agent.transition("TOLD")).body).toMatchObject({ allowed: true });
    expect(await eventsOf(agent.taskId, "phase.timed_out")).toHaveLength(1);
  });

  test("a stay that may last too long no more is offered again, and its time begins with the next claim", async () => {
    const agent = await makeAgent("rob");
    await agent.transition("SLOW");
    clock.at += minute;
    await expect.poll(async () => (await taskOf(agent.taskId))["status"]).toBe("ready");
    expect((await agent.execute("read_files", { path: "docs/plan.md" })).body).toMatchObject({ status: 403 });
    clock.at += minute;
    const next = await Agent.claim(await server.agent("nick"), "nick", agent.taskId);
    expect(next.phase).toBe("SLOW");
    expect((await next.execute("read_files", { path: "docs/plan.md" })).status).toBe(200);
  });

  test("a time limit outlives a restart, and one of a phase that was left is never told", async () => {
    const late = await makeAgent("dan");
    await late.transition("DOOMED");
    const left = await makeAgent("lea");
    await left.transition("TOLD");
    await server.close();
    clock.at += minute;
    await server.open();
    await expect.poll(async () => (await taskOf(late.taskId))["status"]).toBe("failed");
    expect(await eventsOf(left.taskId, "phase.timed_out")).toEqual([]);
    expect((await taskOf(left.taskId))["status"]).toBe("active");
  });

  test("a trigger that the server stopped in is carried out after the next start, and recorded once", async () => {
    const agent = await makeAgent("rosa");
    await agent.transition("BUSY");
    await server.restart();
    expect(await triggersOf(agent.taskId)).toMatchObject([{ action: "command", status: "done" }]);
    expect(await eventsOf(agent.taskId, "trigger.executed")).toHaveLength(1);
  });

  test("tasks that make tasks come to an end", async () => {
    let agent = await makeAgent("bea");
    for (const depth of [1, 2]) {
      await agent.transition("SLOW");
      expect(await triggersOf(agent.taskId)).toMatchObject([{ action: "spawn_task", status: "done" }]);
      const [child] = (await taskOf(agent.taskId))["spawned"] as string[];
      expect(await taskOf(String(child))).toMatchObject({
        title: "the next one",
        spawned_by: { task_id: agent.taskId, depth },
      });
      agent = await Agent.claim(agent.api, "bea", child);
    }
    await agent.transition("SLOW");
    expect(await triggersOf(agent.taskId)).toMatchObject([
      { status: "failed", detail: "a task may lie 2 triggers from one that people made" },
    ]);
    expect((await taskOf(agent.taskId))["spawned"]).toEqual([]);
  });

  test("a phase that asks for reviews has a task for each, on offer to reviewers only, until it is left", async () => {
    const agent = await makeAgent("rita");
    await agent.transition("REVIEW");
    await triggersOf(agent.taskId);
    const reviews = (await taskOf(agent.taskId))["spawned"] as string[];
    expect(reviews).toHaveLength(2);
    const nothing = await (
      await server.agent("plain")
    ).post("/tasks/claim", { agent_id: "plain", task_id: reviews[0] });
    expect(nothing.body).toMatchObject({ code: "task_not_claimable" });
    const own = { agent_id: "rita", capabilities: ["review"] };
    expect((await agent.api.post("/tasks/claim", { ...own, task_id: reviews[0] })).body).toMatchObject({
      status: 403,
      code: "self_review",
    });
    const offered = (await agent.api.post("/tasks/claim", own)).body["task"] as { labels: string[] } | undefined;
    expect(offered?.labels ?? []).not.toContain(`review-of:${agent.taskId}`);
    const reviewer: Api = await server.withKey("agent", "vera", ["agent", "reviewer"]);
    const claimed = await reviewer.post("/tasks/claim", {
      agent_id: "vera",
      task_id: reviews[0],
      capabilities: ["review"],
    });
    expect(claimed.body).toMatchObject({ phase: "REVIEW", task: { id: reviews[0], capabilities: ["review"] } });
    expect((await reviewer.get(`/tasks/${agent.taskId}/diff?since=base`)).status).toBe(200);
    await agent.transition("START");
    await agent.transition("REVIEW");
    await triggersOf(agent.taskId);
    expect((await taskOf(String(reviews[0])))["status"]).toBe("cancelled");
    expect((await taskOf(agent.taskId))["spawned"]).toHaveLength(4);
  });

  test("a named system alone says whether exactly this digest is good", async () => {
    const agent = await makeAgent("eva");
    await agent.transition("FARM");
    const asked = await agent.transition("DONE");
    expect(asked.body).toMatchObject({ allowed: false, status: "awaiting_approval" });
    const { id, digest } = asked.body["approval"] as { id: string; digest: string };
    const post = (api: Api, body: object = {}) =>
      api.post(`/tasks/${agent.taskId}/externals`, { name: "build-farm", digest, status: "success", ...body });
    await expect.poll(() => taken["build-farm"]?.at(-1)?.type).toContain("approval.requested");
    const farm = await server.withKey("service", "build-farm", ["approver"]);
    const other = await server.withKey("service", "other-farm", ["approver"]);
    const person = await server.withKey("person", "paul", ["approver", "operator"]);
    expect((await post(agent.api)).body).toMatchObject({ status: 403, code: "self_approval" });
    expect((await post(other)).body).toMatchObject({ status: 403, code: "forbidden" });
    expect((await post(person)).body).toMatchObject({ status: 403, code: "forbidden" });
    expect((await post(farm, { name: "no-farm" })).body).toMatchObject({ status: 404, code: "unknown_approval" });
    const stale = { digest: `sha256:${"0".repeat(64)}` };
    expect((await post(farm, stale)).body).toMatchObject({ status: 409, code: "approval_digest_mismatch" });
    expect((await post(farm, { status: "failure" })).body).toMatchObject({ id, status: "denied" });
    const again = (await agent.transition("DONE")).body["approval"] as { id: string; digest: string };
    expect(again.digest).toBe(digest);
    const { taskId } = agent;
    const posted = { taskId, name: "build-farm", digest, status: "success" } as const;
    expect(await postExternal({ url: server.url, key: farm.key ?? "" }, posted)).toMatchObject({
      id: again.id,
      status: "used",
    });
    expect((await taskOf(agent.taskId))["phase"]).toBe("DONE");
  });

  test("a question keeps its time when the task changes hands", async () => {
    const agent = await makeAgent("flo");
    await agent.transition("FARM");
    await agent.transition("DONE");
    const token = (await agent.api.post(`/tasks/${agent.taskId}/token`)).body["phase_token"];
    const released = await agent.api.post(`/tasks/${agent.taskId}/release`, { phase_token: token, reason: "lunch" });
    expect(released.body).toMatchObject({ status: "ready" });
    clock.at += 10 * minute;
    await expect.poll(async () => (await eventsOf(agent.taskId, "approval.expired")).length).toBe(1);
  });

  test("commands of one task that take an hour hold up no trigger of another", async () => {
    const hog = await makeAgent("hal");
    await hog.transition("HELD");
    const other = await makeAgent("tess");
    await other.transition("TOLD");
    const statuses = (await triggersOf(other.taskId)).map(({ status }) => status);
    expect(statuses.filter((status) => status === "done")).toHaveLength(7);
    const held = ((await taskOf(hog.taskId))["triggers"] as Trigger[]).map(({ status }) => status);
    expect(held).toEqual(["pending", "pending", "pending", "pending", "pending"]);
  });
});
