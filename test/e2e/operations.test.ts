import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: slow-command
phases:
  - id: WORK
    tools: [read, edit]
    write: ["src/**"]
    gate: [{ command: { run: "sleep 1; test -f src/done.txt" } }]
  - { id: COMPLETE, tools: [read, git_commit] }
`;

/** A gate that takes a second, so that there is a middle to stop in. */
describe("a transition that takes its time", () => {
  let server: TestServer;
  let agent: Agent;
  let made = 0;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "src/start.txt": "start\n" },
      settings: { "server.transition_wait_seconds": 0 },
    });
  });
  afterAll(() => server.stop());

  /** An agent with a task of its own, whose gate would pass. */
  beforeEach(async () => {
    made += 1;
    const { body } = await server.operator.post("/tasks", { title: `Be done ${made}` });
    agent = await Agent.claim(await server.agent(`ada-${made}`), `ada-${made}`, String(body["id"]));
    await agent.execute("write_files", { path: "src/done.txt", content: "done\n" });
  });
  function request(api: Api, headers: Record<string, string> = {}) {
    return api.post(
      "/tasks/transition",
      { task_id: agent.taskId, current_phase: "WORK", target_phase: "COMPLETE", phase_token: agent.token },
      headers,
    );
  }

  async function untilPending(): Promise<void> {
    await expect
      .poll(async () => (await server.operator.get(`/tasks/${agent.taskId}`)).body["status"])
      .toBe("deciding");
  }

  async function collect(api: Api, id: string): Promise<Record<string, unknown>> {
    await expect.poll(async () => (await api.get(`/operations/${id}`)).body["done"], { interval: 100 }).toBe(true);
    return (await api.get(`/operations/${id}`)).body;
  }

  test("is finished by the next start when the server stops in the middle of its run", async () => {
    const early = await request(agent.api);
    expect(early.body).toMatchObject({ allowed: false, blockers: ["evidence_running"] });
    await untilPending();
    await server.restart();
    const api = new Api(server.url, agent.api.key);
    const done = await collect(api, String(early.body["operation_id"]));
    expect(done).toMatchObject({ metadata: { stage: "done" }, response: { allowed: true, phase: "COMPLETE" } });
    const token = (done["response"] as { new_token: string }).new_token;
    expect((await api.get("/state/snapshot", { "Phase-Token": token })).body).toMatchObject({
      current_phase: "COMPLETE",
    });
    const evidence = await server.operator.get(`/tasks/${agent.taskId}/evidence`);
    expect(evidence.body["evidence"]).toMatchObject([{ purpose: "command", status: "completed" }]);
  });

  test("asked for twice at once is judged once, and both are answered alike", async () => {
    const [one, two] = await Promise.all([request(agent.api), request(agent.api)]);
    expect([one.body["allowed"], two.body["allowed"]]).toEqual([false, false]);
    await untilPending();
    const joined = await request(agent.api);
    const id = String(joined.body["operation_id"]);
    expect(joined.body).toMatchObject({
      blockers: ["evidence_running"],
      warnings: [expect.stringContaining(`GET /api/v1/operations/${id} tells when it is decided`)],
    });
    await expect
      .poll(async () => ((await agent.api.get(`/operations/${id}`)).body["metadata"] as { jobs: unknown }).jobs)
      .toMatchObject([{ purpose: "command", command: "sleep 1; test -f src/done.txt", state: "running" }]);
    const done = await collect(agent.api, String(joined.body["operation_id"]));
    expect(done).toMatchObject({ response: { allowed: true } });
    const audit = await server.operator.get(`/audit/query?task_id=${agent.taskId}&limit=100`);
    const types = (audit.body["entries"] as { type: string }[]).map((entry) => entry.type);
    expect(types.filter((type) => type === "transition.requested")).toHaveLength(1);
    expect(types.filter((type) => type === "evidence.recorded")).toHaveLength(1);
  });

  test("lets nothing else happen to the task meanwhile, and is withdrawn by who asked for it alone", async () => {
    const async = await request(agent.api, { Prefer: "respond-async" });
    expect(async.status).toBe(202);
    const id = String(async.body["id"]);
    expect(async.headers.get("location")).toBe(`/api/v1/operations/${id}`);
    await untilPending();
    const write = await agent.execute("write_files", { path: "src/done.txt", content: "changed\n" });
    expect(write.body).toMatchObject({ status: 409, code: "transition_in_progress" });
    const stranger = await server.agent("eve");
    expect((await stranger.delete(`/operations/${id}`)).status).toBe(404);
    const withdrawn = await agent.api.delete(`/operations/${id}`);
    expect(withdrawn.body).toMatchObject({ done: true, response: { allowed: false } });
    expect((await agent.snapshot()).body).toMatchObject({ status: "active", current_phase: "WORK" });
    const again = await request(agent.api);
    const done = await collect(agent.api, String(again.body["operation_id"]));
    expect(done).toMatchObject({ response: { allowed: true } });
  });

  test("ends with its task, and what ran for it leaves no evidence", async () => {
    const early = await request(agent.api);
    await untilPending();
    const cancelled = await server.operator.post(`/tasks/${agent.taskId}/cancel`, { reason: "not needed" });
    expect(cancelled.body).toMatchObject({ status: "cancelled" });
    const done = await collect(agent.api, String(early.body["operation_id"]));
    expect(done).toMatchObject({ response: { allowed: false, blockers: ["withdrawn: the task was cancelled"] } });
    await server.restart();
    const task = await server.operator.get(`/tasks/${agent.taskId}`);
    expect(task.body).toMatchObject({ status: "cancelled", phase: "WORK" });
    const evidence = await server.operator.get(`/tasks/${agent.taskId}/evidence`);
    expect(evidence.body["evidence"]).toEqual([]);
  });

  test("is judged on the tree that there is: one that changed during its run is run again", async () => {
    const early = await request(agent.api);
    await untilPending();
    writeFileSync(join(agent.workspace, "src/done.txt"), "changed from outside\n");
    const done = await collect(agent.api, String(early.body["operation_id"]));
    expect(done).toMatchObject({ response: { allowed: true } });
    const evidence = (await server.operator.get(`/tasks/${agent.taskId}/evidence`)).body["evidence"];
    const trees = (evidence as { tree: string }[]).map((one) => one.tree);
    expect(new Set(trees).size).toBe(2);
    const passed = await server.operator.get(`/events?task_id=${agent.taskId}&type=gate.passed`);
    expect(JSON.stringify(passed.body)).toContain(trees[0]);
  });
});

test("an approval binds to recorded evidence, and neither a restart nor a second run comes between", async () => {
  const server = await TestServer.start({
    workflow: workflow.replace("}]", "}, { approval: human }]"),
    files: { "src/start.txt": "start\n" },
  });
  try {
    const person = await server.withKey("person", "grace", ["approver"]);
    await server.operator.post("/tasks", { title: "Be done" });
    const agent = await Agent.claim(await server.agent("ada"), "ada");
    await agent.execute("write_files", { path: "src/done.txt", content: "done\n" });
    const asked = await agent.transition("COMPLETE");
    const approval = asked.body["approval"] as { id: string; digest: string };
    await server.restart();
    const again = new Api(server.url, person.key);
    const seen = await again.get(`/approvals/${approval.id}`);
    expect(seen.body["evidence"]).toMatchObject([{ purpose: "command", result: { exit_code: 0 } }]);
    const granted = await again.post(`/approvals/${approval.id}/grant`, { digest: approval.digest });
    expect(granted.body).toMatchObject({ status: "used", task_status: "active" });
    const evidence = await again.get(`/tasks/${agent.taskId}/evidence`);
    expect(evidence.body["evidence"]).toHaveLength(1);
  } finally {
    await server.stop();
  }
});
