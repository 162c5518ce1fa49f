import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { TestServer } from "../harness/server.ts";

/** The command leaves its report inside the checkout, and no freeze protects the tests: only evidence is left. */
const workflow = `
name: forged
evidence:
  tests:
    prepare: mkdir -p test-results
    command: node --test --test-reporter=junit --test-reporter-destination=test-results/report.xml
    format: junit
    report: test-results/report.xml
    retries: 0
phases:
  - { id: TDD, tools: [read, edit, run], write: ["test/**"], gate: red }
  - { id: IMPL, tools: [read, edit, run], write: ["src/**", "test/**"], gate: [green, no_skipped_tests] }
  - { id: COMPLETE, tools: [read, git_commit] }
`;

const testOf = (name: string, expected: number): string =>
  [
    'import { test } from "node:test";',
    'import assert from "node:assert";',
    `import { ${name} } from "../src/${name}.js";`,
    `test("${name}s", () => assert.equal(${name}(3, 2), ${String(expected)}));`,
    "",
  ].join("\n");

const files = {
  "package.json": '{ "name": "sums", "type": "module", "private": true }\n',
  "src/add.js": "export const add = (a, b) => a + b;\n",
  "test/add.test.js": testOf("add", 5),
};

const redTest = "test/subtract.test.js";
const wrong = "export const subtract = (a, b) => a + b;\n";
const right = "export const subtract = (a, b) => a - b;\n";

const passingReport = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testcase name="adds" time="0.001" classname="test" file="test/add.test.js"/>
  <testcase name="subtracts" time="0.001" classname="test" file="test/subtract.test.js"/>
</testsuites>
`;

describe("green is not given on", () => {
  let server: TestServer;
  let agent: Agent;
  let made = 0;
  beforeAll(async () => {
    server = await TestServer.start({ workflow, files });
  });
  afterAll(() => server.stop());

  /** An agent in IMPL, with an implementation that its red test fails on. */
  beforeEach(async () => {
    made += 1;
    const { body } = await server.operator.post("/tasks", { title: `Subtract ${made}` });
    agent = await Agent.claim(await server.agent(`forger-${made}`), `forger-${made}`, String(body["id"]));
    await write(redTest, testOf("subtract", 1));
    await agent.transition("IMPL");
    await write("src/subtract.js", wrong);
  });

  async function write(path: string, content: string): Promise<void> {
    const { status, body } = await agent.execute("write_files", { path, content });
    if (status !== 200) throw new Error(`\`${path}\` was not written: ${JSON.stringify(body)}`);
  }

  /** What the gate says against it, where it is refused on evidence that the server gathered. */
  async function refusal(artifacts: Record<string, unknown> = {}): Promise<string> {
    const { body } = await agent.transition("COMPLETE", artifacts);
    const findings = body["findings"] as { check: string; severity: string; source: string }[];
    const { check, source } = findings.find(({ severity }) => severity === "blocking") ?? {};
    return [body["allowed"], check, source, ...(body["blockers"] as string[])].join("; ");
  }

  test("counts that the agent typed", async () => {
    const counts = { passed: 2, failed: 0, exit_code: 0, all_passed: true };
    expect(await refusal({ test_results: counts, tests_passed: true })).toMatch(
      /^false; all_tests_pass; evidence; .*red and not passing.*subtracts/u,
    );
  });

  test("a report that the agent wrote or edited", async () => {
    const forge = `mkdir -p test-results && cat > test-results/report.xml <<'EOF'\n${passingReport}EOF`;
    expect((await agent.bash(forge)).status).toBe(200);
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*red and not passing.*subtracts/u);
    const edited = await agent.bash("chmod 444 test-results/report.xml && grep -c '<testcase' test-results/report.xml");
    expect(edited.body["result"]).toMatchObject({ exit_code: 0, stdout: "2\n" });
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*red and not passing.*subtracts/u);
  });

  test("a run of another tree: source that was changed after it is run again", async () => {
    await write("src/subtract.js", right);
    const ran = (await agent.execute("run_tests", {})).body["result"];
    expect(ran).toMatchObject({ passed: 2, failed: 0 });
    await write("src/subtract.js", wrong);
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*red and not passing.*subtracts/u);
    await write("src/subtract.js", right);
    expect((await agent.transition("COMPLETE")).body).toMatchObject({ allowed: true });
  });

  test("a red test that was skipped, weakened, emptied or deleted", async () => {
    await write(redTest, testOf("subtract", 1).replace("test(", "test.skip("));
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*subtract/u);
    await write(redTest, testOf("subtract", 5));
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*red test files have changed since/u);
    await agent.bash(`rm ${redTest}`);
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*subtract/u);
  });

  test("a test of the base that was deleted, skipped or renamed", async () => {
    await write("src/subtract.js", right);
    await agent.bash("rm test/add.test.js");
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*passed before and are missing now.*adds/u);
    await write("test/add.test.js", testOf("add", 5).replace("test(", "test.skip("));
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*passed before and are skipped now.*adds/u);
    await write("test/add.test.js", testOf("add", 5).replace('"adds"', '"sums"'));
    expect(await refusal()).toMatch(/^false; all_tests_pass; evidence; .*passed before and are missing now.*adds/u);
    expect(await refusal({ removed_tests: ["test/other.test.js > adds"] })).toMatch(
      /^false; all_tests_pass; evidence; .*passed before and are missing now.*adds/u,
    );
  });
});
