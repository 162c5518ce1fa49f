import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: limits
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"] }
  - { id: DONE, tools: [] }
`;

describe("an agent past its bounds", () => {
  let server: TestServer;
  let api: Api;
  let agent: Agent;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "src/a.txt": "a\n", ".gitignore": "ignored/\n" },
      settings: {
        "runner.max_memory_mb": 64,
        "runner.max_processes": 32,
        "runner.max_printed_mb": 4,
        "runner.max_workspace_mb": 16,
        "tasks.max_held_per_agent": 2,
      },
    });
    api = await server.agent("ada");
    for (const title of ["First", "Second", "Third"]) await server.operator.post("/tasks", { title });
    agent = await Agent.claim(api, "ada");
  });
  afterAll(() => server.stop());

  test("is told what a command printed until its time was over, and that its changes were kept", async () => {
    const answer = await agent.bash("echo begun; echo b > src/b.txt; sleep 60", { timeout: 2 });
    expect(answer).toMatchObject({ status: 400, body: { code: "tool_timeout" } });
    expect(answer.body["result"]).toMatchObject({
      stdout: "begun\n",
      truncated: true,
      changed_paths: ["src/b.txt"],
      tree: "kept",
    });
  });

  test("is told what a command printed whose changes were put back", async () => {
    const answer = await agent.bash("echo begun; echo c > agent_workflow.yaml");
    expect(answer.body["code"]).toBe("rolled_back");
    expect(answer.body["result"]).toMatchObject({ stdout: "begun\n", exit_code: 0, tree: "rolled_back" });
  });

  test.each([
    ["memory", `python3 -c 'import sys; x = bytearray(100 * 1024 * 1024); sys.stdout.write(str(len(x)))'`],
    ["processes", `python3 -c 'import subprocess as s; [s.Popen(["sleep", "9"]) for _ in range(100)]'`],
    ["output", "yes"],
  ])("meets the bound on %s, is told which and what to do, and can go on", async (name, command) => {
    const answer = await agent.bash(command);
    expect(answer).toMatchObject({ status: 400, body: { code: "limit_exceeded", result: { limits: [name] } } });
    expect(answer.body["hint"]).toMatch(/fewer workers|print less/);
    expect((await agent.bash("cat src/a.txt")).body["result"]).toMatchObject({ stdout: "a\n" });
  });

  test("cannot fill the disk through what no tree holds", async () => {
    const answer = await agent.bash("mkdir -p ignored; head -c 30000000 /dev/zero > ignored/big");
    expect(answer).toMatchObject({ status: 413, body: { code: "workspace_full" } });
    expect((await agent.bash("ls -A ignored")).body["result"]).toMatchObject({ stdout: "" });
  });

  test("holds no more tasks at once than one agent may, and takes its own up again", async () => {
    const second = await Agent.claim(api, "ada");
    expect(await api.post("/tasks/claim", { agent_id: "ada" })).toMatchObject({
      status: 429,
      body: { code: "too_many_tasks" },
    });
    agent = await Agent.claim(api, "ada", agent.taskId);
    await api.post(`/tasks/${second.taskId}/release`, { phase_token: second.token, reason: "one too many" });
    expect((await api.post("/tasks/claim", { agent_id: "ada" })).status).toBe(200);
  });

  test("cannot say one thing twice", async () => {
    const response = await fetch(`${server.url}/api/v1/tools/execute`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${api.key ?? ""}` },
      body: `{"task_id":"${agent.taskId}","phase_token":"${agent.token}","tool_name":"read_files","tool_name":"bash","args":{}}`,
    });
    expect([response.status, await response.json()]).toMatchObject([400, { code: "malformed_request" }]);
  });
});

test("on a disk that is nearly full nothing that writes is begun, and reading goes on", async () => {
  const settings: Record<string, unknown> = {};
  const server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n" }, settings });
  try {
    await server.operator.post("/tasks", { title: "Full" });
    const ada = await server.agent("ada");
    const agent = await Agent.claim(ada, "ada");
    settings["runner.min_free_mb"] = 100_000_000;
    await server.restart();
    const call = (tool_name: string, args: Record<string, unknown>) =>
      ada.at(server.url).post("/tools/execute", { task_id: agent.taskId, phase_token: agent.token, tool_name, args });
    expect((await call("read_files", { path: "src/a.txt" })).status).toBe(200);
    expect(await call("write_files", { path: "src/a.txt", content: "b" })).toMatchObject({
      status: 503,
      body: { code: "disk_space_low", hint: expect.stringContaining("frees space") as string },
    });
  } finally {
    await server.stop();
  }
});
