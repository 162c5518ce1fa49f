import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: red-green
paths:
  tests: ["test/**"]
evidence:
  tests: { preset: node }
phases:
  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: [$tests], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"], gate: green }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const files = {
  "package.json": '{ "name": "sums", "type": "module", "private": true }\n',
  "src/add.js": "export const add = (a, b) => a + b;\n",
  "test/add.test.js": [
    'import { test } from "node:test";',
    'import assert from "node:assert";',
    'import { add } from "../src/add.js";',
    'test("adds", () => assert.equal(add(1, 2), 3));',
    "",
  ].join("\n"),
};

const subtractTest = [
  'import { test } from "node:test";',
  'import assert from "node:assert";',
  'import { subtract } from "../src/subtract.js";',
  'test("subtracts", () => assert.equal(subtract(3, 2), 1));',
  "",
].join("\n");

describe("red and green over a node:test project", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files });
  });
  afterAll(() => server.stop());

  test("an honest path passes on runs that the server made", async () => {
    await server.operator.post("/tasks", { title: "Subtract" });
    const agent = await Agent.claim(await server.agent("ada"), "ada");
    const early = await agent.transition("IMPL");
    expect(early.body).toMatchObject({ allowed: false });
    await agent.execute("write_files", { path: "test/subtract.test.js", content: subtractTest });
    const red = await agent.transition("IMPL");
    expect(red.body).toMatchObject({ allowed: true, blockers: [] });
    const unfinished = await agent.transition("COMPLETE");
    expect(unfinished.body).toMatchObject({ allowed: false });
    await agent.execute("write_files", {
      path: "src/subtract.js",
      content: "export const subtract = (a, b) => a - b;\n",
    });
    const green = await agent.transition("COMPLETE");
    expect(green.body).toMatchObject({ allowed: true, blockers: [] });
    expect((await agent.complete()).body).toMatchObject({ allowed: true });
  });
});
