import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: fair
phases:
  - { id: WRITE, tools: [edit], write: [check.sh], gate: [{ command: { run: sh check.sh } }] }
  - { id: DONE, tools: [read, git_commit] }
`;

const places = 2;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    workflow,
    files: { "check.sh": "true\n" },
    settings: { "runner.max_concurrent_runs": places, "server.transition_wait_seconds": 30 },
  });
});
afterAll(() => server.stop());

async function holdWith(name: string, check: string, count: number): Promise<Agent[]> {
  const api = await server.agent(name);
  const held: Agent[] = [];
  for (let made = 0; made < count; made += 1) {
    const task = await server.operator.post("/tasks", { title: `${name} ${made}` });
    const agent = await Agent.claim(api, name, String(task.body["id"]));
    await agent.execute("write_files", { path: "check.sh", content: check });
    held.push(agent);
  }
  return held;
}

async function jobsBegun(): Promise<number> {
  const { text } = (await server.operator.get("/metrics")).body;
  return Number(/^phasegate_job_wait_seconds_count\{kind="evidence"\} (\d+)/m.exec(String(text))?.[1] ?? 0);
}

test("an agent whose tasks wait for long runs does not keep another's transition waiting", async () => {
  const hogs = await holdWith("hog", "sleep 100\n", 4);
  const [other] = await holdWith("other", "true # other\n", 1);
  for (const hog of hogs) {
    const asked = await hog.api.post(
      "/tasks/transition",
      { task_id: hog.taskId, current_phase: "WRITE", target_phase: "DONE", phase_token: hog.token, artifacts: {} },
      { Prefer: "respond-async" },
    );
    expect(asked.status).toBe(202);
  }
  // As many as there are places for runs: jobs that were not begun yet would take turns with the other's.
  await expect.poll(jobsBegun).toBeGreaterThanOrEqual(places);
  const answer = await other?.transition("DONE");
  expect(answer?.body).toMatchObject({ allowed: true });
});
