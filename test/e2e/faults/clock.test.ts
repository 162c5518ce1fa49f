import { join } from "node:path";
import { verifyLedger } from "@phasegate/ledger/verify";
import { afterEach, expect, test } from "vitest";
import { Agent } from "../../harness/agent.ts";
import { Answered } from "../../harness/answered.ts";
import { TestServer } from "../../harness/server.ts";

const workflow = `
name: clock
phases:
  - { id: WORK, tools: [read, edit], write: ["src/**"] }
  - { id: DONE, tools: [read] }
`;
const hour = 3_600_000;

let server: TestServer | null = null;
afterEach(() => server?.stop());

test.each([
  ["forward", 48 * hour, "ends what the holder had", 403],
  ["back", -48 * hour, "leaves the holder its task", 200],
])(
  "a clock that jumps %s (%d ms) %s and loses nothing; whoever claims again goes on",
  async (_, jump, _meaning, status) => {
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n" }, clock });
    const { operator } = server;
    const { body } = await operator.post("/tasks", { title: "Jump" });
    const ada = await server.agent("ada");
    const agent = await Agent.claim(ada, "ada", String(body["id"]));
    const answered = new Answered();
    answered.note(agent.taskId, (await agent.execute("write_files", { path: "src/b.txt", content: "b\n" })).body);
    expect((await operator.get("/health/ready")).status).toBe(200);

    clock.ahead = jump;
    expect((await operator.get("/health/ready")).body).toMatchObject({ code: "not_ready" });
    const meanwhile = await agent.execute("write_files", { path: "src/b.txt", content: "c\n" });
    expect(meanwhile.status).toBe(status);
    answered.note(agent.taskId, meanwhile.body);
    await server.running.sweepLeases();
    const again = await Agent.claim(ada, "ada", agent.taskId);
    const written = await again.execute("write_files", { path: "src/b.txt", content: "d\n" });
    expect(written.status).toBe(200);
    answered.note(agent.taskId, written.body);

    clock.ahead = 0;
    const back = await Agent.claim(ada, "ada", agent.taskId);
    expect((await back.transition("DONE")).body).toMatchObject({ allowed: true });
    expect(await answered.lost(operator)).toEqual([]);
    await server.close();
    expect((await verifyLedger({ file: join(server.directory, "data", "ledger.sqlite") })).ok).toBe(true);
  },
);

test("a holder that is silent after the clock went back loses its task as soon as any other", async () => {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n" }, clock });
  const { operator, running } = server;
  const { body } = await operator.post("/tasks", { title: "Silent" });
  const agent = await Agent.claim(await server.agent("ada"), "ada", String(body["id"]));
  await running.sweepLeases();
  clock.ahead = -48 * hour;
  await running.sweepLeases();
  // A claim without heartbeat holds as long as a token lives.
  clock.ahead += hour - 60_000;
  await running.sweepLeases();
  expect((await operator.get(`/tasks/${agent.taskId}`)).body).toMatchObject({ status: "active" });
  clock.ahead += 120_000;
  await running.sweepLeases();
  expect((await operator.get(`/tasks/${agent.taskId}`)).body).toMatchObject({ status: "ready" });
});
