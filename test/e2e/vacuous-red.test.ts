import { expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

const workflow = `
name: vacuous-red
paths:
  tests: ["test/**"]
evidence:
  tests: { preset: node }
  coverage: { minimum: 0 }
phases:
  - { id: TDD, tools: [read, edit, run], write: [$tests], freeze: [$tests], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**"], gate: [green, coverage] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const files = {
  "package.json": '{ "name": "sums", "type": "module", "private": true }\n',
  "src/add.js": "export const add = (a, b) => a + b;\n",
  "test/add.test.js":
    'import { test } from "node:test";\nimport { add } from "../src/add.js";\ntest("adds", () => add(1, 2));\n',
};

test("a test that only imports, and a module of a comment, are a weak red; a module with code is none", async () => {
  const server = await TestServer.start({ workflow, files });
  try {
    const namesOf = async (source: string, name: string) => {
      await server.operator.post("/tasks", { title: name });
      const agent = await Agent.claim(await server.agent(name), name);
      const content = 'import { test } from "node:test";\nimport "../src/tax.js";\ntest("v", () => {});\n';
      await agent.execute("write_files", { path: "test/tax.test.js", content });
      expect((await agent.transition("IMPL")).body).toMatchObject({ allowed: true });
      await agent.execute("write_files", { path: "src/tax.js", content: source });
      const { body } = await agent.transition("COMPLETE");
      expect(body).toMatchObject({ allowed: true });
      return (body["findings"] as readonly { check: string; severity: string }[]).map(
        ({ check, severity }) => `${severity} ${check}`,
      );
    };
    expect(await namesOf("// nothing\n", "eve")).toContain("warning weak_red");
    expect(await namesOf("export const tax = (sum) => sum * 1.2;\n", "ada")).not.toContain("warning weak_red");
  } finally {
    await server.stop();
  }
});
