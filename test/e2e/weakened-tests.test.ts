import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Answer } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

// Nothing is frozen and the tests stay writable: what holds here is what the checks see in the runs.
const workflow = `
name: weakened-tests
evidence:
  tests: { preset: node, retries: 0 }
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["test/**", "src/**"], gate: [green, no_skipped_tests] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const head = 'import { test } from "node:test";\nimport assert from "node:assert";\n';
const addTest = `${head}import { add } from "../src/add.js";\ntest("adds", () => assert.equal(add(1, 2), 3));\n`;
const subtractTest = `${head}import { subtract } from "../src/subtract.js";\ntest("subtracts", () => assert.equal(subtract(3, 2), 1));\n`;
const subtract = "export const subtract = (a, b) => a - b;\n";

const files = {
  "package.json": '{ "name": "sums", "type": "module", "private": true }\n',
  "src/add.js": "export const add = (a, b) => a + b;\n",
  "test/add.test.js": addTest,
  // Its name differs from run to run, so that it can only be compared by file.
  "test/clock.test.js": `${head}test("ticks at " + process.hrtime.bigint(), () => assert.ok(true));\n`,
  "test/old.test.js": `${head}test("fails on the base", () => assert.equal(1, 2));\n`,
};

describe("tests that an agent weakens", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files });
  });
  afterAll(() => server.stop());

  async function agentInTdd(name: string): Promise<Agent> {
    await server.operator.post("/tasks", { title: name });
    return Agent.claim(await server.agent(name), name);
  }

  async function write(agent: Agent, path: string, content: string): Promise<void> {
    const answer = await agent.execute("write_files", { path, content });
    expect(answer.status).toBe(200);
  }

  const blockers = ({ body }: Answer): string => String((body["blockers"] as readonly string[])[0]);

  test("are no red", async () => {
    const agent = await agentInTdd("red");
    await write(agent, "test/subtract.test.js", `${head}test("subtracts", () => {\n`);
    expect(blockers(await agent.transition("IMPL"))).toContain("no test is red");
    await write(agent, "test/subtract.test.js", `${head}test("subtracts", () => {});\n`);
    expect(blockers(await agent.transition("IMPL"))).toContain("no test is red");
    await write(agent, "test/subtract.test.js", subtractTest);
    await write(agent, "test/add.test.js", addTest.replace("test(", "test.skip("));
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
    // What was skipped in a changed file is asked for at green.
    await write(agent, "src/subtract.js", subtract);
    expect(blockers(await agent.transition("COMPLETE"))).toContain("passed before and are skipped now");
  });

  test("are no green, and the honest way is", async () => {
    const agent = await agentInTdd("green");
    await write(agent, "test/subtract.test.js", subtractTest);
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });

    await write(agent, "test/subtract.test.js", subtractTest.replace("subtract(3, 2), 1", "1, 1"));
    await write(agent, "src/subtract.js", subtract);
    expect(blockers(await agent.transition("COMPLETE"))).toContain(
      "red test files have changed since: `test/subtract.test.js`",
    );

    await write(agent, "test/subtract.test.js", subtractTest);
    await agent.bash("rm test/add.test.js");
    const gone = await agent.transition("COMPLETE");
    expect(blockers(gone)).toContain("passed before and are missing now");
    const identity = /missing now: `([^`]+)`/u.exec(blockers(gone))?.[1];

    await write(agent, "src/subtract.js", "export const subtract = () => 0;\n");
    expect(blockers(await agent.transition("COMPLETE", { removed_tests: [identity] }))).toContain(
      "red and not passing",
    );

    await write(agent, "src/subtract.js", subtract);
    // The implementation is no part of RED, so that a way back and forth leads through it again.
    expect((await agent.transition("TDD")).body).toMatchObject({ allowed: true });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
    const done = await agent.transition("COMPLETE");
    expect(done.body).toMatchObject({ allowed: true, blockers: [] });
    const named = (done.body["findings"] as readonly { check: string }[]).map(({ check }) => check);
    expect(named.toSorted()).toEqual(["failed_on_base", "removed_tests", "weak_red"]);
  });
});
