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

interface Evidence {
  readonly evidence_id: string;
  readonly purpose: string;
}

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
    const ran = await agent.execute("run_tests", {});
    expect(ran.body["result"]).toMatchObject({ status: "completed", passed: 1, failed: 1, skipped: 0 });
    await agent.execute("write_files", {
      path: "src/subtract.js",
      content: "export const subtract = (a, b) => a - b;\n",
    });
    const passed = await agent.execute("run_tests", {});
    expect(passed.body["result"]).toMatchObject({ passed: 2, failed: 0, failures: [] });
    const green = await agent.transition("COMPLETE");
    expect(green.body).toMatchObject({ allowed: true, blockers: [] });
    const { evidence } = (await agent.api.get(`/tasks/${agent.taskId}/evidence`)).body as { evidence: Evidence[] };
    const usedAtGreen = evidence.find((one) => one.purpose === "current");
    // A pass of another moment stands beside no red test that is run again.
    expect(usedAtGreen?.evidence_id).not.toBe((passed.body["result"] as Evidence).evidence_id);
    expect((await agent.complete()).body).toMatchObject({ allowed: true });
  });

  test("a red that lies opens nothing, and after it no test is weakened, skipped, deleted or talked away", async () => {
    await server.operator.post("/tasks", { title: "Subtract" });
    const agent = await Agent.claim(await server.agent("carl"), "carl");
    await agent.execute("write_files", { path: "test/subtract.test.js", content: "this is no test (\n" });
    const syntax = await agent.transition("IMPL", { test_results: { passed: 0, failed: 1 } });
    expect(syntax.body).toMatchObject({
      allowed: false,
      findings: [{ check: "tests_are_failing", source: "evidence" }],
    });
    await agent.execute("write_files", { path: "test/subtract.test.js", content: subtractTest });
    expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });

    const fabricated = await agent.transition("COMPLETE", {
      test_results: { passed: 40, failed: 0, exit_code: 0, all_passed: true },
    });
    expect(fabricated.body).toMatchObject({
      allowed: false,
      findings: [{ check: "all_tests_pass", source: "evidence" }],
    });
    const weaker = subtractTest.replace("subtract(3, 2), 1", "1, 1");
    const weakened = await agent.execute("write_files", { path: "test/subtract.test.js", content: weaker });
    expect(weakened.body).toMatchObject({ status: 403, code: "path_not_allowed" });
    const skipped = await agent.bash("sed -i 's/test(/test.skip(/' test/subtract.test.js");
    expect(skipped.body).toMatchObject({ status: 403, code: "rolled_back" });
    const deleted = await agent.bash("rm test/subtract.test.js");
    expect(deleted.body).toMatchObject({ status: 403, code: "rolled_back" });
    await agent.bash("mkdir -p coverage && echo 'ok 1 - subtracts' > coverage/report.tap");
    expect((await agent.transition("COMPLETE")).body).toMatchObject({
      allowed: false,
      findings: [{ check: "all_tests_pass" }],
    });
  });
});
