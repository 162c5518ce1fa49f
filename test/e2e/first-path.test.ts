import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: first-path
phases:
  - { id: PLAN, tools: [read] }
  - { id: TDD, tools: [read, edit, run], write: ["test/**"] }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

describe("an agent walks the whole path", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "src/app.js": "export const one = 1;\n", "test/app.test.js": "// none\n" },
    });
  });
  afterAll(() => server.stop());

  test("claim, execute, transition, snapshot, commit, complete, and every decision is in the audit", async () => {
    const created = await server.operator.post("/tasks", { title: "Add two" });
    expect(created.status).toBe(201);
    const agent = await Agent.claim(await server.agent("ada"), "ada");
    expect(agent.phase).toBe("PLAN");

    const refused = await agent.execute("write_files", { path: "src/app.js", content: "x" });
    expect(refused.status).toBe(403);
    expect(refused.body["code"]).toBe("tool_not_allowed");
    const read = await agent.execute("read_files", { path: "src/app.js" });
    expect(read.body).toMatchObject({
      result: { status: "success", content: "export const one = 1;\n" },
      logged: true,
    });

    const planToken = agent.token;
    expect((await agent.transition("TDD")).body).toMatchObject({ allowed: true, blockers: [] });
    const stale = await agent.api.post("/tools/execute", {
      task_id: agent.taskId,
      phase_token: planToken,
      tool_name: "read_files",
      args: { path: "src/app.js" },
    });
    expect(stale.status).toBe(403);
    expect(stale.body).toMatchObject({ code: "token_superseded", detail: "Invalid or expired phase token" });

    const written = await agent.execute("write_files", { path: "test/two.test.js", content: "// two\n" });
    expect(written.body).toMatchObject({
      result: { status: "success", path: "test/two.test.js", bytes_written: 7, mode: "w" },
    });
    const outside = await agent.execute("write_files", { path: "src/app.js", content: "x" });
    expect(outside.body).toMatchObject({ code: "path_not_allowed" });
    expect(String(outside.body["rule"])).toMatch(/^agent_workflow\.yaml:\d+:\d+$/);

    const skipped = await agent.transition("COMPLETE");
    expect(skipped.status).toBe(400);
    expect(skipped.body).toMatchObject({ code: "no_such_transition" });
    expect(String(skipped.body["detail"])).toContain("No transition defined");

    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
    const snapshot = await agent.snapshot();
    expect(snapshot.body).toMatchObject({ current_phase: "IMPL", status: "active", entry: 3, write: ["src/**"] });
    expect((await agent.bash("echo 'export const two = 2;' >> src/app.js")).body).toMatchObject({
      result: { status: "completed", exit_code: 0, changed_paths: ["src/app.js"] },
    });
    expect((await agent.transition("COMPLETE")).body).toMatchObject({ allowed: true });
    const commit = await agent.execute("git_commit", { message: "Add two" });
    expect(commit.body).toMatchObject({ result: { status: "success" } });
    const done = await agent.complete();
    expect(done.body).toMatchObject({ allowed: true });

    const task = await server.operator.get(`/tasks/${agent.taskId}`);
    expect(task.body).toMatchObject({ status: "completed", phase: "COMPLETE" });
    const audit = await server.operator.get(`/audit/query?task_id=${agent.taskId}&limit=100`);
    const types = (audit.body["entries"] as { type: string }[]).map((entry) => entry.type);
    expect(types).toContain("task.completed");
    expect(types.filter((type) => type === "tool.denied")).toHaveLength(3);
  });
});
