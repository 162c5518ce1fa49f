import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

// The command would end long after the test.
const workflow = `
name: revoked
phases:
  - { id: WORK, tools: [read, edit], write: ["src/**"], gate: [{ command: { run: "sleep 100" } }] }
  - { id: DONE, tools: [read] }
`;

const soon = { timeout: 20_000 };
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ workflow, files: { "src/a.txt": "a\n" } });
});
afterAll(() => server.stop());

interface Holder {
  readonly agent: Agent;
  revoke(): Promise<void>;
}

async function holder(name: string, keys = 1): Promise<Holder> {
  const made: Record<string, unknown>[] = [];
  for (let key = 0; key < keys; key += 1) {
    made.push((await server.operator.post("/keys", { name, kind: "agent", roles: ["agent"] })).body);
  }
  const api = new Api(server.operator.url, String(made[0]?.["key"]));
  await server.operator.post("/tasks", { title: name });
  return {
    agent: await Agent.claim(api, name),
    revoke: async () => {
      const { status } = await server.operator.delete(`/keys/${String(made[0]?.["id"])}?reason=stolen`);
      expect(status).toBe(200);
    },
  };
}

const taskOf = async ({ agent }: Holder) => (await server.operator.get(`/tasks/${agent.taskId}`)).body;
const typesOf = async ({ agent }: Holder) => {
  const { body } = await server.operator.get(`/events?limit=200&task_id=${agent.taskId}`);
  return (body["events"] as { type: string; data: Record<string, unknown> }[]).map(({ type }) => type);
};

test("a transition under way is withdrawn when the last key of its holder is revoked, and the task is offered again", async () => {
  const eve = await holder("eve");
  const asked = eve.agent.transition("DONE");
  await vi.waitFor(async () => expect((await taskOf(eve))["status"]).toBe("deciding"), soon);
  await eve.revoke();
  const answer = await asked;
  expect(answer.body["new_token"] ?? null).toBeNull();
  expect(answer.body["allowed"] ?? false).toBe(false);
  await vi.waitFor(
    async () => expect(await taskOf(eve)).toMatchObject({ status: "ready", phase: "WORK", holder: null }),
    soon,
  );
  expect((await typesOf(eve)).slice(-2)).toEqual(["transition.withdrawn", "task.lease_expired"]);
  const bob = await Agent.claim(await server.agent("bob"), "bob", eve.agent.taskId);
  expect(bob.phase).toBe("WORK");
});

test("a task that is only held is offered again too", async () => {
  const mallory = await holder("mallory");
  await mallory.revoke();
  await vi.waitFor(async () => expect(await taskOf(mallory)).toMatchObject({ status: "ready", holder: null }), soon);
});

test("who has another key keeps the task", async () => {
  const [kept, cut] = [await holder("kept", 2), await holder("cut")];
  await kept.revoke();
  await cut.revoke();
  await vi.waitFor(async () => expect((await taskOf(cut))["status"]).toBe("ready"), soon);
  expect(await taskOf(kept)).toMatchObject({ status: "active" });
});
