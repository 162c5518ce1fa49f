import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentClient, type TransitionResult } from "@phasegate/sdk";
import type { Api } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: asked
evidence:
  tests: { preset: node }
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"], gate: [green, { approval: human }] }
  - { id: DONE, tools: [read] }
`;

const redTest = `
import assert from "node:assert/strict";
import test from "node:test";
import { two } from "../src/two.js";
test("two is 2", () => assert.equal(two, 2));
`;

describe("an agent whose gate needs tests and a person", () => {
  let server: TestServer;
  let person: Api;
  beforeAll(async () => {
    server = await TestServer.start({
      workflow,
      files: { "package.json": '{ "type": "module" }\n', "src/one.js": "export const one = 1;\n" },
    });
    person = await server.withKey("person", "paul", ["approver"]);
  });
  afterAll(() => server.stop());

  /** An agent that has come as far as asking the person. */
  async function asking(name: string): Promise<{ agent: AgentClient; taskId: string; asked: TransitionResult }> {
    const created = await server.operator.post("/tasks", { title: "Add two" });
    const taskId = String(created.body["id"]);
    const { key } = await server.agent(name);
    const agent = new AgentClient({ url: server.url, key, agentId: name });
    await agent.claimTask({ taskId });
    await agent.writeFile("test/two.test.js", redTest);
    expect(await agent.requestTransition("IMPL", { respondAsync: true, pollMs: 50 })).toMatchObject({
      outcome: "moved",
      phase: "IMPL",
    });
    const early = await agent.requestTransition("DONE");
    expect(early).toMatchObject({ outcome: "blocked", phase: "IMPL" });
    await agent.writeFile("src/two.js", "export const two = 2;\n");
    expect(await agent.runTests()).toMatchObject({ passed: 1, failed: 0 });
    const asked = await agent.requestTransition("DONE", { respondAsync: true, pollMs: 50 });
    expect(asked).toMatchObject({ outcome: "awaiting_approval", allowed: false, phase: "IMPL" });
    return { agent, taskId, asked };
  }

  function verdict(asked: TransitionResult, which: "grant" | "deny", comment: string) {
    if (asked.outcome !== "awaiting_approval" || !asked.approval) throw new Error("nothing is asked");
    const { id, digest } = asked.approval;
    return person.post(`/approvals/${id}/${which}`, { digest, comment });
  }

  test("waits for the grant, and goes on in the next phase with a live token", async () => {
    const { agent, taskId, asked } = await asking("ann");
    await using _ = agent;
    const waiting = agent.waitForTransition({ pollMs: 50 });
    expect((await verdict(asked, "grant", "fine")).status).toBe(200);
    expect(await waiting).toMatchObject({ outcome: "moved", phase: "DONE" });
    expect(await agent.getStateSnapshot()).toMatchObject({ current_phase: "DONE", status: "active", task_id: taskId });
    expect(await agent.complete()).toMatchObject({ outcome: "completed" });
  });

  test("hears what the person said no to, and asks again", async () => {
    const { agent, asked } = await asking("ben");
    await using _ = agent;
    const waiting = agent.waitForTransition({ pollMs: 50 });
    await verdict(asked, "deny", "say why two");
    const denied = await waiting;
    expect(denied).toMatchObject({ outcome: "blocked", phase: "IMPL" });
    expect(denied.blockers.join("\n")).toContain("say why two");
    await agent.writeFile("src/two.js", "// The first even prime.\nexport const two = 2;\n");
    expect(await agent.requestTransition("DONE")).toMatchObject({ outcome: "awaiting_approval" });
  });

  test("an agent that is gone overnight takes the task up in the phase that was granted", async () => {
    const { agent, taskId, asked } = await asking("cat");
    agent.close();
    await verdict(asked, "grant", "fine");
    const { key } = await server.agent("cat");
    await using morning = new AgentClient({ url: server.url, key, agentId: "cat" });
    await morning.claimTask({ taskId });
    expect(morning.phase).toBe("DONE");
    expect(await morning.readFile("src/two.js")).toBe("export const two = 2;\n");
  });
});
