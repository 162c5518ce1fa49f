import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@phasegate/wire";
import { loadWorkflow } from "@phasegate/workflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SharedRunner } from "../testing/fixture.ts";
import { changed, openEvidenceBenchOn, openEvidenceRunner, testsOf } from "./evidence.fixture.ts";

const installed = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

let shared: SharedRunner;
beforeAll(async () => {
  shared = await openEvidenceRunner({ toolchainDirs: [installed] });
});
afterAll(() => shared[Symbol.asyncDispose]());

/** The `evidence` section that a preset comes to where the workflow asks for coverage. */
function evidenceOf(preset: string): { tests: JsonObject; coverage: JsonObject } {
  const text = `name: covered\nevidence: { tests: { preset: ${preset}, retries: 0 }, coverage: { minimum: 80 } }\nphases: [{ id: A }]\n`;
  const loaded = loadWorkflow({ file: "agent_workflow.yaml", text, resolve: () => null });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const { tests, coverage } = loaded.stored.normalized.evidence as Record<string, JsonObject>;
  if (!tests || !coverage) throw new Error("the section has lost a part");
  return { tests, coverage };
}

const sum = "export function sum(a, b) {\n  if (a === null) {\n    return b;\n  }\n  return a + b;\n}\n";
const usesSum = (head: string) =>
  `${head}import { sum } from "../src/sum.js";\ntest("adds", () => assert.equal(sum(1, 2), 3));\n`;
const modules = { "package.json": '{"type":"module"}', "src/sum.js": sum };

function canImport(name: string): boolean {
  try {
    execFileSync("python3", ["-c", `import ${name}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("coverage is measured outside the checkout, of files that are no tests", () => {
  it("node", async () => {
    const { tests, coverage } = evidenceOf("node");
    const head = 'import { test } from "node:test";\nimport assert from "node:assert";\n';
    const files = { ...modules, "test/sum.test.js": usesSum(head) };
    await using bench = await openEvidenceBenchOn(shared, files, tests, { coverage });
    const run = await testsOf(bench);
    expect([run.status, run.exitCode, run.problem]).toEqual(["completed", 0, undefined]);
    expect(run.coverage?.files).toEqual({ "src/sum.js": { covered: [1, 2, 5, 6], uncovered: [3, 4] } });
    // What the agent left in the usual place is not looked at.
    const tree = await changed(bench, {
      "coverage/lcov.info": "SF:src/sum.js\nDA:3,1\nend_of_record\n",
      "test/sum.test.js": usesSum(head).replace("3)", "4)"),
    });
    const failed = await testsOf(bench, tree);
    expect([failed.status, failed.exitCode, failed.coverage]).toEqual(["completed", 1, run.coverage]);
  });

  it("vitest", async () => {
    const { tests, coverage } = evidenceOf("vitest");
    const files = { ...modules, "test/sum.test.js": usesSum('import { assert, test } from "vitest";\n') };
    const setup = { command: `ln -s ${installed} node_modules`, inputs: ["package.json"] };
    await using bench = await openEvidenceBenchOn(shared, files, tests, { coverage, rules: { setup } });
    const run = await testsOf(bench);
    expect([run.status, run.problem, run.coverage?.files]).toEqual([
      "completed",
      undefined,
      { "src/sum.js": { covered: [2, 5], uncovered: [3] } },
    ]);
  });

  const python = {
    "lib.py": "def sum(a, b):\n    if a is None:\n        return b\n    return a + b\n",
    "tests/__init__.py": "",
    "tests/test_sum.py":
      "import unittest\nfrom lib import sum\n\nclass TestSum(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(sum(1, 2), 3)\n",
  };

  for (const preset of ["unittest", "pytest"]) {
    const isMeasured = canImport("coverage");
    it.skipIf(!isMeasured || (preset === "pytest" && !canImport("pytest")))(
      `${preset}, where python can import \`coverage\``,
      async () => {
        const { tests, coverage } = evidenceOf(preset);
        await using bench = await openEvidenceBenchOn(shared, python, tests, { coverage });
        const run = await testsOf(bench);
        expect([run.status, run.coverage?.files]).toEqual([
          "completed",
          { "lib.py": { covered: [1, 2, 4], uncovered: [3] } },
        ]);
      },
    );
  }

  it("unittest without the package that measures says what to install", async () => {
    const { tests, coverage } = evidenceOf("unittest");
    // A module of that name that cannot be imported stands for none.
    await using bench = await openEvidenceBenchOn(
      shared,
      { ...python, "hidden/sitecustomize.py": "import sys\nsys.modules['coverage'] = None\n" },
      { ...tests, env: { PYTHONPATH: "hidden" } },
      { coverage },
    );
    const run = await testsOf(bench);
    expect([run.status, run.problem]).toEqual([
      "no_report",
      "python measures no coverage without the package `coverage`: install it in `workspace.setup`, or take `coverage` out of `evidence`",
    ]);
  });
});

describe("a run that came to nothing", () => {
  it("ends at once where the test runner is not installed, and names it", async () => {
    const { tests } = evidenceOf("vitest");
    await using bench = await openEvidenceBenchOn(shared, modules, { ...tests, timeout_seconds: 20 });
    const run = await testsOf(bench);
    expect([run.status, run.problem]).toEqual([
      "no_report",
      "`vitest` is not installed, and the run has no network: `workspace.setup` makes dependencies",
    ]);
  });

  it("says why there is no coverage", async () => {
    const tests = { command: "true", format: "exit-code" };
    await using bench = await openEvidenceBenchOn(shared, modules, tests, {
      coverage: { command: "echo no tool; exit 3" },
    });
    const run = await testsOf(bench);
    expect([run.status, run.coverage, run.problem]).toEqual(["completed", null, "no tool"]);
  });
});
