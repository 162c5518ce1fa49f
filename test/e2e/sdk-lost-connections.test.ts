import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AgentClient, type ClientEvent, PhasegateConnectionError } from "@phasegate/sdk";
import { CuttingProxy } from "../harness/cutting-proxy.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: lost
phases:
  - { id: WORK, tools: [read, edit, run], write: ["**"] }
  - { id: CHECK, tools: [read] }
  - { id: DONE, tools: [read] }
`;

describe("a connection that is lost in the middle", () => {
  let server: TestServer;
  let proxy: CuttingProxy;
  let events: ClientEvent[] = [];
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files: { "log.txt": "" } });
    proxy = await CuttingProxy.before(server.url);
  });
  afterAll(async () => {
    proxy.close();
    await server.stop();
  });
  beforeEach(() => {
    events = [];
  });

  async function client(name: string): Promise<AgentClient> {
    const { key } = await server.agent(name);
    return new AgentClient({
      url: proxy.url,
      key,
      agentId: name,
      heartbeat: false,
      retry: { initialDelayMs: 1 },
      onEvent: (event) => events.push(event),
    });
  }

  async function addTask(priority = 0): Promise<string> {
    return String((await server.operator.post("/tasks", { title: "Append", priority })).body["id"]);
  }

  test.each(["request", "answer"] as const)("runs a command once when the %s is lost", async (where) => {
    await using agent = await client(`once-${where}`);
    await agent.claimTask({ taskId: await addTask() });
    const cutsBefore = proxy.cuts;
    proxy.cutNext(where);
    expect(await agent.runCommand("echo line >> log.txt")).toMatchObject({ exit_code: 0 });
    expect(proxy.cuts).toBe(cutsBefore + 1);
    expect(events).toMatchObject([{ type: "retry", path: "/tools/execute", attempt: 1 }]);
    expect(await agent.readFile("log.txt")).toBe("line\n");
  });

  test("claims one task when the answer is lost", async () => {
    const first = await addTask(9);
    const second = await addTask(9);
    await using agent = await client("claimant");
    proxy.cutNext("answer");
    const claimed = await agent.claimTask();
    const tasks = await Promise.all([first, second].map((id) => server.operator.get(`/tasks/${id}`)));
    expect(tasks.filter((task) => task.body["status"] === "active").map((task) => task.body["id"])).toEqual([
      claimed.id,
    ]);
    expect(await agent.glob("*.txt")).toEqual(["log.txt"]);
  });

  test("moves once and holds the new token when the answer of a transition is lost", async () => {
    await using agent = await client("mover");
    await agent.claimTask({ taskId: await addTask() });
    proxy.cutNext("answer");
    expect(await agent.requestTransition("CHECK")).toMatchObject({ outcome: "moved", phase: "CHECK" });
    expect(await agent.getStateSnapshot()).toMatchObject({ current_phase: "CHECK", entry: 2 });
    expect(events.map((event) => event.type)).toEqual(["retry"]);
  });

  test("keeps one connection for calls that follow each other", async () => {
    await using agent = await client("keeper");
    await agent.claimTask({ taskId: await addTask() });
    await agent.readFile("log.txt");
    const connectionsBefore = proxy.connections;
    for (let call = 0; call < 10; call += 1) await agent.readFile("log.txt");
    expect(proxy.connections).toBe(connectionsBefore);
  });

  test("gives up after the attempts that it was given", async () => {
    const url = server.url.replace("127.0.0.1", "127.0.0.3");
    await using agent = new AgentClient({ url, agentId: "nobody", retry: { initialDelayMs: 1, maxAttempts: 3 } });
    const error = await agent.claimTask().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PhasegateConnectionError);
    expect(String(error)).toContain("ECONNREFUSED");
  });
});
