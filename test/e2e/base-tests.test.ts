import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import type { Answer } from "../harness/api.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: base-tests
paths:
  tests: ["test/**"]
evidence:
  tests: { preset: node, retries: 0, prepare: "! grep -qs src/tax.js test/*.test.js || test -f src/tax.js" }
phases:
  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: [$tests], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"], gate: [green, base_tests] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const head = 'const { test } = require("node:test");\nconst assert = require("node:assert");\n';
const tax = (percent: string): string => `exports.tax = (sum) => sum * ${percent};\n`;

const noneTest = 'test("none", () => assert.equal(0, 0));\n';

const files = {
  "package.json": '{ "name": "taxes", "private": true }\n',
  "src/tax.js": tax("(sum > 50 ? 0.2 : 0.1)"),
  "test/rates.json": "[[10, 1], [100, 20]]\n",
  "test/none.test.js": head + noneTest,
  "test/tax.test.js": `${head}const { tax } = require("../src/tax.js");\ntest("by rates", () => { for (const [sum, owed] of require("./rates")) assert.equal(tax(sum), owed); });\n`,
};

/** A name that the product may change, which its tests then change as well. */
const movedTest = files["test/tax.test.js"].replace("src/tax.js", "src/taxes.js");

const discount = "exports.discount = (sum) => sum / 2;\n";
const discountTest = `${head}test("halves", () => assert.equal(require("../src/discount.js").discount(4), 2));\n`;

const blockers = ({ body }: Answer): string => (body["blockers"] as readonly string[]).join("\n");

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ workflow, files });
});
afterAll(() => server.stop());

/** Begins a task of its own. */
async function begin(title: string) {
  await server.operator.post("/tasks", { title });
  const agent = await Agent.claim(await server.agent(title), title);
  const write = async (path: string, content: string) =>
    expect(await agent.execute("write_files", { path, content })).toMatchObject({ status: 200 });
  return { agent, write };
}

test("a product that only what a task put beside the tests of the base lets pass is refused by name, and an honest one is not", async () => {
  const { agent, write } = await begin("discounts");
  // A test that moves, word for word, lost nothing.
  await write("test/discount.test.js", discountTest + noneTest);
  await agent.execute("bash", { command: "rm test/none.test.js" });
  // Found before `rates.json`, which nobody touched.
  await write("test/rates.js", "module.exports = [[10, 1]];\n");
  expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });

  await write("src/discount.js", discount);
  await write("src/tax.js", tax("0.1"));
  const refused = await agent.transition("COMPLETE");
  expect(blockers(refused)).toContain(
    "tests of the base, as the base has them, on this product: fail: `test/tax.test.js > by rates`",
  );
  expect(blockers(refused)).toContain('`["test/tax.test.js > by rates"]`');

  await write("src/tax.js", files["src/tax.js"]);
  const granted = (await agent.transition("COMPLETE")).body;
  expect(granted).toMatchObject({ allowed: true, blockers: [] });
  expect(granted["findings"]).toContainEqual(
    expect.objectContaining({
      check: "removed_tests",
      severity: "info",
      message: expect.stringContaining("`test/none.test.js > none -> test/discount.test.js > none`"),
    }),
  );
  const { body } = await agent.api.get(`/tasks/${agent.taskId}/evidence`);
  const purposes = (body["evidence"] as readonly { purpose: string }[]).map(({ purpose }) => purpose);
  expect(purposes.filter((purpose) => purpose === "base_tests")).toHaveLength(2);
});

test("tests of the base that keep the others from being run can be given up, and then the others are run without them", async () => {
  const { agent, write } = await begin("moved");
  await write("test/tax.test.js", movedTest);
  expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
  await write("src/taxes.js", files["src/tax.js"]);
  await agent.execute("bash", { command: "rm src/tax.js" });
  const refused = blockers(await agent.transition("COMPLETE"));
  expect(refused).toContain(
    "they could not be prepared with exit code 1; this task changed of their files `test/tax.test.js`",
  );
  expect(refused).toContain('`["test/tax.test.js > by rates"]`; a file of which all are named is left out');
  const granted = await agent.transition("COMPLETE", { removed_tests: ["test/tax.test.js > by rates"] });
  expect(granted.body).toMatchObject({ allowed: true, blockers: [] });
});
