import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Api } from "../harness/api.ts";
import { git, listTree, writeFiles } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: operating
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"], freeze: ["test/**"] }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"], gate: [has_files_changed, tests_unchanged_since], rework: [TDD] }
  - { id: DONE, tools: [read, git_commit] }
`;

describe("an operator and an agent on one server", () => {
  let server: TestServer;
  let ada: Api;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "src/a.txt": "a\n", "test/a.txt": "t\n" },
    });
    ada = await server.agent("ada");
  });
  afterAll(() => server.stop());

  const begin = async (): Promise<Agent> => {
    const created = await server.operator.post("/tasks", { title: "Operate" });
    return Agent.claim(ada, "ada", String(created.body["id"]));
  };

  test("a task says which guarantees held where it runs, as /health does", async () => {
    const agent = await begin();
    const { body } = await ada.get(`/tasks/${agent.taskId}`);
    expect(body["guarantees"]).toEqual((await server.anonymous.get("/health")).body["guarantees"]);
    expect(body["guarantees"]).toContainEqual({ name: "other_tasks", held: true });
  });

  test("what a phase froze cannot be changed later, and can be after a rework", async () => {
    const agent = await begin();
    await agent.execute("write_files", { path: "test/b.txt", content: "red\n" });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
    expect((await agent.bash("echo weaker > test/b.txt; echo x > src/b.txt")).body).toMatchObject({
      code: "rolled_back",
    });
    expect((await agent.transition("TDD")).body).toMatchObject({ allowed: true });
    expect((await agent.bash("echo other > test/b.txt")).body).toMatchObject({
      result: { changed_paths: ["test/b.txt"] },
    });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true, phase: "IMPL" });
  });

  test("a gate that does not pass says what is lacking, and an override by a person lets it pass, marked", async () => {
    const agent = await begin();
    await agent.transition("IMPL");
    const blocked = await agent.transition("DONE");
    expect(blocked.body).toMatchObject({ allowed: false, new_token: null, findings: [{ check: "has_files_changed" }] });
    const shown = await server.operator.get(`/tasks/${agent.taskId}`);
    expect(shown.body).toMatchObject({ status: "active", overridden: false });
    const service = await server.withKey("service", `robot-${agent.taskId}`, ["operator"]);
    const override = { gate: "impl_gate", reason: "documentation only", expires_in_seconds: 60 };
    expect((await service.post(`/tasks/${agent.taskId}/override`, override)).body).toMatchObject({ code: "forbidden" });
    const overridden = await server.operator.post(`/tasks/${agent.taskId}/override`, override);
    expect(overridden.body).toMatchObject({ overridden: true });
    expect((await agent.transition("DONE")).body).toMatchObject({ allowed: true });
  });

  test("a blocker stands against the transition until it is resolved, and shows in snapshots", async () => {
    const agent = await begin();
    const blocker = await server.operator.post(`/tasks/${agent.taskId}/blockers`, { text: "wait for the schema" });
    expect(blocker.status).toBe(201);
    expect((await agent.snapshot()).body["blockers"]).toContain("wait for the schema");
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: false });
    const resolve = `/tasks/${agent.taskId}/blockers/${String(blocker.body["id"])}/resolve`;
    expect((await server.operator.post(resolve)).body).toMatchObject({ resolved: true });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
  });

  test("a base that moved is merged into the task; a conflict leaves the tree as it was", async () => {
    const agent = await begin();
    await agent.execute("write_files", { path: "test/b.txt", content: "mine\n" });
    writeFiles(server.repository, { "src/new.txt": "new in the base\n" });
    git(server.repository, "add", "--all");
    git(server.repository, "commit", "--quiet", "--message", "moved");
    const why = { reason: "the base moved" };
    expect((await server.operator.post(`/tasks/${agent.taskId}/sync`, why)).body).toMatchObject({ conflicts: [] });
    const synced = await server.operator.get(`/events?type=task.synced&task_id=${agent.taskId}`);
    expect(synced.body["events"]).toMatchObject([{ data: why }]);
    expect(listTree(agent.workspace)).toMatchObject({ "src/new.txt": "new in the base\n", "test/b.txt": "mine\n" });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });

    const other = await begin();
    await other.execute("write_files", { path: "test/a.txt", content: "mine\n" });
    writeFiles(server.repository, { "test/a.txt": "theirs\n" });
    git(server.repository, "commit", "--all", "--quiet", "--message", "moved again");
    const before = listTree(other.workspace);
    expect((await server.operator.post(`/tasks/${other.taskId}/sync`)).body).toMatchObject({
      conflicts: ["test/a.txt"],
      hint: expect.stringContaining("sync again"),
    });
    expect(listTree(other.workspace)).toEqual(before);
    await other.execute("write_files", { path: "test/a.txt", content: "theirs\n" });
    expect((await server.operator.post(`/tasks/${other.taskId}/sync`)).body).toEqual({ conflicts: [], entry: 1 });
  });

  test("a change from outside is recorded, and put back where the phase may not change it", async () => {
    const agent = await begin();
    writeFileSync(join(agent.workspace, "src/a.txt"), "from outside\n");
    writeFileSync(join(agent.workspace, "test/c.txt"), "also from outside\n");
    expect((await agent.bash("cat src/a.txt")).body).toMatchObject({ result: { stdout: "a\n" } });
    expect(listTree(agent.workspace)).toMatchObject({ "src/a.txt": "a\n", "test/c.txt": "also from outside\n" });
    const events = await server.operator.get(`/events?task_id=${agent.taskId}&type=violation.detected`);
    expect(events.body["events"]).toMatchObject([{ data: { kind: "changed_outside", action: "rolled_back" } }]);
  });

  test("files that no phase may write are left out, and the transition says so; report folders may be written", async () => {
    const agent = await begin();
    await agent.bash("mkdir lib && echo x > lib/helper.txt");
    const report = await agent.execute("write_files", { path: "coverage/report.txt", content: "x" });
    expect(report.body).toMatchObject({ result: { status: "success" } });
    const moved = await agent.transition("IMPL");
    expect(moved.body).toMatchObject({ allowed: true, findings: [{ severity: "warning" }] });
    expect(JSON.stringify(moved.body["findings"])).toContain("`lib/helper.txt`");
  });

  test("one server runs several workflows, each task by the one it was given", async () => {
    const registered = await server.operator.post("/workflows", {
      source: "name: readers\nphases:\n  - { id: READ, tools: [read] }\n  - { id: END, tools: [] }\n",
    });
    expect(registered.status).toBe(201);
    const created = await server.operator.post("/tasks", { title: "Read", workflow: "readers" });
    const agent = await Agent.claim(ada, "ada", String(created.body["id"]));
    expect(agent.phase).toBe("READ");
    expect((await agent.bash("true")).body).toMatchObject({ code: "tool_not_allowed" });
    expect((await agent.transition("END")).body).toMatchObject({ allowed: true, status: "completed" });
    const bad = await server.operator.post("/workflows", { source: "name: x\nphasez: []\n" });
    expect(bad.body).toMatchObject({ code: "workflow_invalid", status: 422 });
    expect(JSON.stringify(bad.body["findings"])).toContain("phases");
    const digest = String(registered.body["digest"]);
    const simulated = await server.operator.post(`/workflows/${digest}/simulate`, {
      calls: [
        { phase: "READ", tool_name: "read_files", args: { path: "a" } },
        { phase: "READ", tool_name: "bash", args: { command: "ls" } },
      ],
    });
    expect(simulated.body).toMatchObject({ verdicts: [{ effect: "allow" }, { effect: "deny" }] });
  });

  test("a task keeps the workflow that it was created with when the file changes and the server restarts", async () => {
    const agent = await begin();
    writeFileSync(
      join(server.repository, "agent_workflow.yaml"),
      'name: operating\nphases:\n  - { id: ANY, tools: [read, edit, run], write: ["**"] }\n',
    );
    await server.restart();
    const again = await Agent.claim(ada.at(server.url), "ada", agent.taskId);
    expect(again.phase).toBe("TDD");
    expect((await again.execute("write_files", { path: "src/a.txt", content: "x" })).body).toMatchObject({
      code: "path_not_allowed",
    });
    const fresh = await server.operator.post("/tasks", { title: "By the new file" });
    expect((await Agent.claim(ada.at(server.url), "ada", String(fresh.body["id"]))).phase).toBe("ANY");
  });
});

test("a server starts whose data directory has a long path, as home directories do", async () => {
  const long = await TestServer.start({
    workflow,
    settings: { "storage.data_dir": join(tmpdir(), "phasegate-long", "d".repeat(120), "e".repeat(60)) },
  });
  try {
    expect((await long.anonymous.get("/health")).body).toMatchObject({ status: "healthy" });
  } finally {
    await long.stop();
    rmSync(join(tmpdir(), "phasegate-long"), { recursive: true, force: true });
  }
});

describe("a link in place of a test", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n", "test/a.txt": "t\n" } });
  });
  afterAll(() => server.stop());

  test("does not leave the phase that freezes tests: what it leads to would stay free", async () => {
    const created = await server.operator.post("/tasks", { title: "Link" });
    const agent = await Agent.claim(await server.agent("eve"), "eve", String(created.body["id"]));
    await agent.bash("rm test/a.txt; ln -s ../src/later.txt test/a.txt");
    const blocked = await agent.transition("IMPL");
    expect(blocked.body).toMatchObject({ allowed: false, findings: [{ check: "only_allowed_paths_changed" }] });
    expect(String((blocked.body["blockers"] as string[])[0])).toContain("`test/a.txt` is a link");
    await agent.bash("rm test/a.txt; echo t > test/a.txt");
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
  });
});
