import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: store
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**"] }
  - { id: DONE, tools: [read] }
`;

const dayMs = 86_400_000;

test("the workspace of a task that ended long ago is removed, its differences are still shown, and it can be reopened", async () => {
  const clock = { time: Date.now(), now: () => clock.time };
  const server = await TestServer.start({ workflow, files: { "src/a.txt": "base\n" }, clock });
  try {
    const api = await server.agent("ada");
    for (const title of ["Ends", "Goes on"]) await server.operator.post("/tasks", { title });
    const [ends, open] = [await Agent.claim(api, "ada"), await Agent.claim(api, "ada")];
    for (const content of ["one\n", "two\n", "three\n"]) {
      await ends.execute("write_files", { path: "src/a.txt", content });
      await open.execute("write_files", { path: "src/a.txt", content });
    }
    await ends.transition("DONE");
    expect((await ends.complete()).status).toBe(200);
    await server.running.removeUnused();
    expect(existsSync(ends.workspace)).toBe(true);

    clock.time += 8 * dayMs;
    await server.running.removeUnused();
    expect([existsSync(ends.workspace), existsSync(open.workspace)]).toEqual([false, true]);
    const diff = await server.operator.get(`/tasks/${ends.taskId}/diff?since=base`);
    expect(diff.body["diff"]).toContain("+three");
    expect((await server.operator.get(`/tasks/${open.taskId}/diff?since=base`)).body["diff"]).toContain("+three");

    expect((await server.operator.post(`/tasks/${ends.taskId}/reopen`, { reason: "more to do" })).status).toBe(200);
    await server.running.removeUnused();
    const again = await Agent.claim(api, "ada", ends.taskId);
    const read = await again.execute("read_files", { path: "src/a.txt" });
    expect(read.body["result"]).toMatchObject({ content: "three\n" });
  } finally {
    await server.stop();
  }
});
