import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentClient, type ClientEvent } from "@phasegate/sdk";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: leases
phases:
  - { id: WORK, tools: [read] }
  - { id: DONE, tools: [read] }
`;
const leaseMs = 5_000;

/** A clock that stands still until a test moves it. */
const clock = { time: Date.parse("2026-01-01T00:00:00Z"), now: () => clock.time };

describe("a lease that is kept from the background", () => {
  let server: TestServer;
  beforeAll(async () => {
    const settings = { "tasks.lease_seconds": leaseMs / 1_000 };
    server = await TestServer.start({ workflow, files: { "a.txt": "a\n" }, settings, clock });
  });
  afterAll(() => server.stop());

  async function claimed(name: string) {
    const taskId = String((await server.operator.post("/tasks", { title: "Keep me" })).body["id"]);
    const { key } = await server.agent(name);
    let heard: (() => void) | null = null;
    const onEvent = (event: ClientEvent): void => {
      if (event.type === "heartbeat") heard?.();
    };
    const agent = new AgentClient({ url: server.url, key, agentId: name, heartbeat: { intervalMs: 10 }, onEvent });
    await agent.claimTask({ taskId });
    /** Resolves when the next beat has been answered: none is under way then. */
    const beaten = (): Promise<void> =>
      new Promise((resolve) => {
        heard = resolve;
      });
    return { agent, taskId, beaten };
  }

  const statusOf = async (taskId: string) => (await server.operator.get(`/tasks/${taskId}`)).body["status"];

  test("outlasts many leases while the client lives, without a single call of its own", async () => {
    const { agent, taskId, beaten } = await claimed("ada");
    await using _ = agent;
    for (let round = 0; round < 4; round += 1) {
      await beaten();
      clock.time += leaseMs - 1_000;
      await server.running.sweepLeases();
    }
    await beaten();
    const row = await server.operator.get(`/tasks/${taskId}`);
    expect(row.body).toMatchObject({ status: "active", epoch: 1 });
    expect(Date.parse(String(row.body["lease_expires_at"]))).toBe(clock.time + leaseMs);
  });

  test("ends when the client has gone, one lease after its last beat", async () => {
    const { agent, taskId, beaten } = await claimed("bob");
    await beaten();
    agent.close();
    clock.time += leaseMs - 1;
    await server.running.sweepLeases();
    expect(await statusOf(taskId)).toBe("active");
    clock.time += 2;
    await server.running.sweepLeases();
    expect(await statusOf(taskId)).toBe("ready");
  });
});
