import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: approved-plan
phases:
  - { id: PLAN, tools: [read, edit], write: ["docs/**"], gate: { approval: human } }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const hour = 3_600_000;
/** Moves only when a test says so, from about now, as the keys of the tests are made by it. */
const clock = {
  at: Date.now(),
  now(): number {
    return this.at;
  },
};

interface Approval {
  readonly id: string;
  readonly digest: string;
  readonly expires_at: string;
}

describe("an approval by a person", () => {
  let server: TestServer;
  let person: Api;
  let titles = 0;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "docs/plan.md": "nothing yet\n" }, clock });
    person = await server.withKey("person", "grace", ["approver"]);
  });
  afterAll(() => server.stop());

  async function makeAgent(name: string, api?: Api): Promise<Agent> {
    titles += 1;
    const { body } = await server.operator.post("/tasks", { title: `Plan ${titles}` });
    return Agent.claim(api ?? (await server.agent(name)), name, String(body["id"]));
  }

  async function askFor(agent: Agent): Promise<Approval> {
    await agent.execute("write_files", { path: "docs/plan.md", content: `the plan of ${agent.taskId}\n` });
    const { body } = await agent.transition("COMPLETE");
    expect(body).toMatchObject({ allowed: false, new_token: null, status: "awaiting_approval" });
    return body["approval"] as Approval;
  }

  test("shows exactly what is approved, and moves the task on at once", async () => {
    const agent = await makeAgent("ada");
    const asked = await askFor(agent);
    const list = await person.get("/approvals?status=requested");
    expect((list.body["approvals"] as Approval[]).map(({ id }) => id)).toEqual([asked.id]);
    const seen = await person.get(`/approvals/${asked.id}`);
    expect(seen.body).toMatchObject({ task_id: agent.taskId, digest: asked.digest, status: "requested" });
    expect(String(seen.body["diff"])).toContain(`+the plan of ${agent.taskId}`);
    const blocked = await agent.execute("write_files", { path: "docs/plan.md", content: "another plan\n" });
    expect(blocked.status).toBe(409);

    const other = `sha256:${"0".repeat(64)}`;
    expect((await person.post(`/approvals/${asked.id}/grant`, { digest: other })).body).toMatchObject({
      status: 409,
      code: "approval_digest_mismatch",
    });
    const granted = await person.post(`/approvals/${asked.id}/grant`, { digest: asked.digest, comment: "fine" });
    expect(granted.body).toMatchObject({ status: "used" });
    const again = await person.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    expect(again.body).toMatchObject({ code: "approval_not_open" });

    const repeated = await agent.transition("COMPLETE");
    expect(repeated.body).toMatchObject({ allowed: true, phase: "COMPLETE" });
    expect((await agent.complete()).body).toMatchObject({ allowed: true });
  });

  test("is never given by who did the work, by any other agent of its owner, or by an agent at all", async () => {
    const owner = await server.operator.post("/keys", { name: "olga", kind: "person", roles: ["approver"] });
    const keyOf = async (name: string): Promise<Api> => {
      const made = await server.operator.post("/keys", {
        name,
        kind: "agent",
        roles: ["agent"],
        owner: "olga",
      });
      return new Api(server.url, String(made.body["key"]));
    };
    const worker = await keyOf("worker");
    const sibling = await keyOf("sibling");
    const secondKey = await keyOf("worker");
    const agent = await makeAgent("worker", worker);
    const asked = await askFor(agent);
    for (const api of [worker, secondKey, sibling]) {
      const refused = await api.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
      expect(refused.body).toMatchObject({ status: 403, code: "self_approval" });
    }
    const stranger = await server.agent("stranger");
    const refused = await stranger.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    expect(refused.body).toMatchObject({ status: 403, code: "forbidden" });
    const own = new Api(server.url, String(owner.body["key"]));
    const granted = await own.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    expect(granted.body).toMatchObject({ status: "used" });
  });

  test("denied, gives the task back with the comment, and a changed plan asks anew", async () => {
    const agent = await makeAgent("dora");
    const asked = await askFor(agent);
    await person.post(`/approvals/${asked.id}/deny`, { digest: asked.digest, comment: "name the risks" });
    const snapshot = await agent.snapshot();
    expect(snapshot.body).toMatchObject({ status: "active", current_phase: "PLAN" });
    expect(JSON.stringify(snapshot.body["blockers"])).toContain("name the risks");
    await agent.execute("write_files", { path: "docs/plan.md", content: "the plan, with risks\n" });
    const second = await agent.transition("COMPLETE");
    expect((second.body["approval"] as Approval).digest).not.toBe(asked.digest);
  });

  test("may take a night: no lease runs, and the agent gets its token by its key", async () => {
    const agent = await makeAgent("nora");
    const asked = await askFor(agent);
    clock.at += 12 * hour;
    await server.running.sweepLeases();
    expect((await server.operator.get(`/tasks/${agent.taskId}`)).body).toMatchObject({
      status: "awaiting_approval",
      lease_expires_at: null,
      holder: { agent_id: "nora" },
    });
    await person.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    const renewed = await agent.api.post(`/tasks/${agent.taskId}/token`);
    expect(renewed.status).toBe(200);
    agent.token = String(renewed.body["phase_token"]);
    await server.running.sweepLeases();
    expect((await agent.complete()).body).toMatchObject({ allowed: true });
  });

  test("outlives a restart of the server while it is awaited", async () => {
    const agent = await makeAgent("rita");
    const asked = await askFor(agent);
    await server.restart();
    const again = new Api(server.url, person.key);
    const granted = await again.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    expect(granted.body).toMatchObject({ status: "used" });
    const resumed = await Agent.claim(new Api(server.url, agent.api.key), "rita", agent.taskId);
    expect(resumed.phase).toBe("COMPLETE");
    person = again;
  });

  test("is not needed where a person overrides the gate, and the task is marked", async () => {
    const agent = await makeAgent("otto");
    const asked = await askFor(agent);
    const { gate } = (await person.get(`/approvals/${asked.id}`)).body;
    const overridden = await server.operator.post(`/tasks/${agent.taskId}/override`, {
      gate,
      reason: "the approver is away",
      expires_in_seconds: 3_600,
    });
    expect(overridden.status).toBe(200);
    await expect
      .poll(async () => (await server.operator.get(`/tasks/${agent.taskId}`)).body)
      .toMatchObject({ phase: "COMPLETE", status: "active", overridden: true });
    expect((await person.get(`/approvals/${asked.id}`)).body["status"]).toBe("withdrawn");
  });

  test("that nobody gives in time is asked for again, and the old one can no longer be given", async () => {
    const agent = await makeAgent("tess");
    const asked = await askFor(agent);
    clock.at = Date.parse(asked.expires_at) + 1;
    const late = await person.post(`/approvals/${asked.id}/grant`, { digest: asked.digest });
    expect(late.body).toMatchObject({ code: "approval_not_open" });
    await expect.poll(async () => (await person.get(`/approvals/${asked.id}`)).body["status"]).toBe("expired");
    const open = await person.get("/approvals?status=requested");
    const forTask = (open.body["approvals"] as (Approval & { task_id: string })[]).filter(
      (one) => one.task_id === agent.taskId,
    );
    expect(forTask).toHaveLength(1);
    expect(forTask[0]?.id).not.toBe(asked.id);
  });
});
