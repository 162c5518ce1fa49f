import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { git, writeFiles } from "../harness/repository.ts";
import { TestServer } from "../harness/server.ts";

// Nothing is frozen: what a red test was is known from its red identity alone.
const workflow = `
name: moving
evidence:
  tests: { preset: node, retries: 0 }
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**", "test/**"], gate: green }
  - { id: COMPLETE, tools: [read] }
`;

const head =
  'import { test } from "node:test";\nimport assert from "node:assert";\nimport { add } from "../src/add.js";\n';
const adds = 'test("adds", () => assert.equal(add(1, 2), 3));\n';
const space = "//\n".repeat(8);
const addsMore = 'test("adds more", () => assert.equal(add(1, 2, 3), 6));\n';
const addsNothing = 'test("adds nothing", () => assert.equal(add(0, 0), 0));\n';
const sum = "export const add = (...all) => all.reduce((left, right) => left + right, 0);\n";
const file = "test/add.test.js";

describe("a base that moves under a red test", () => {
  let server: TestServer;
  let agent: Agent;
  beforeAll(async () => {
    const files = {
      "package.json": '{ "type": "module", "private": true }\n',
      "src/add.js": "export const add = (a, b) => a + b;\n",
      [file]: `${head}${adds}${space}`,
    };
    server = await TestServer.start({ workflow, files });
  });
  afterAll(() => server.stop());

  let made = 0;
  beforeEach(async () => {
    made += 1;
    writeFiles(server.repository, { [file]: `${head}${adds}${space}` });
    git(server.repository, "commit", "--quiet", "--all", "--allow-empty", "--message", "as it was");
    const { body } = await server.operator.post("/tasks", { title: `Add more ${made}` });
    agent = await Agent.claim(await server.agent(`ada-${made}`), "ada", String(body["id"]));
    await agent.execute("write_files", { path: file, content: `${head}${adds}${space}${addsMore}` });
    await agent.transition("IMPL");
  });

  /** Somebody else adds a test to the file on the base, and an operator merges that into the task. */
  async function moveBase(): Promise<void> {
    expect(agent.phase).toBe("IMPL");
    writeFiles(server.repository, { [file]: `${head}${addsNothing}${adds}${space}` });
    git(server.repository, "commit", "--quiet", "--all", "--message", "Add nothing");
    const synced = await server.operator.post(`/tasks/${agent.taskId}/sync`, {});
    expect(synced.body).toMatchObject({ conflicts: [] });
  }

  test("moves the red test with it: the merged file is the one that has to pass", async () => {
    await agent.execute("write_files", { path: "src/add.js", content: sum });
    await moveBase();
    expect((await agent.execute("read_files", { path: file })).body["result"]).toMatchObject({
      content: `${head}${addsNothing}${adds}${space}${addsMore}`,
    });
    const done = await agent.transition("COMPLETE");
    expect(done.body).toMatchObject({ allowed: true, blockers: [] });
  });

  test("makes no weakened test the one that has to pass", async () => {
    const weak = `${head}${adds}${space}${addsMore.replace("add(1, 2, 3), 6", "6, 6")}`;
    await agent.execute("write_files", { path: file, content: weak });
    await moveBase();
    const refused = await agent.transition("COMPLETE");
    expect(refused.body).toMatchObject({ allowed: false });
    expect(String((refused.body["blockers"] as string[])[0])).toContain("red test files have changed since");
  });
});
