import { join } from "node:path";
import { openRunner } from "@phasegate/runner";
import type { EvidenceId, TaskId } from "@phasegate/wire";
import { compileWorkflow, loadWorkflow } from "@phasegate/workflow";
import { makeRepository, temporaryDirectory } from "../../test/harness/repository.ts";
import { rowOf } from "../table.ts";
import type { Row } from "../table.ts";
import type { Effort } from "./http.ts";

const workflowText = `
name: bench-canary
paths: { tests: ["test/**"] }
evidence:
  tests: { preset: node, retries: 0 }
phases:
  - { id: WORK, tools: [read, edit, run], write: ["src/**", "test/**"], gate: green }
`;

/**
 * What an evidence run with tests that must fail behind it costs, beside the same run without them; what the gate of
 * green costs with the run of red tests without the implementation (`red_again`: all tests, once, no canary), beside it; and
 * what that gate costs with the tests of the base (`base_tests`: all of these, once, no canary), beside it without.
 */
export async function measureCanary(effort: Effort): Promise<Row[]> {
  const { path, remove } = temporaryDirectory("bench-canary");
  const repository = makeRepository(join(path, "repository"), {
    "package.json": '{ "name": "bench", "type": "module", "private": true }\n',
    "test/value.test.js":
      'import { test } from "node:test";\nimport assert from "node:assert";\ntest("is one", () => assert.equal(1, 1));\n',
  });
  const runner = await openRunner({
    dataDir: join(path, "data"),
    workspacesDir: null,
    sandbox: "auto",
    environment: { PATH: process.env["PATH"] },
  });
  try {
    const loaded = loadWorkflow({ file: "agent_workflow.yaml", text: workflowText, resolve: () => null });
    if (!loaded.ok) throw new Error("the workflow of the bench does not load");
    const workflow = compileWorkflow(loaded.stored);
    const base = await runner.resolveBase({ repository, ref: null, workflow });
    const task = { taskId: "task_bench" as TaskId, repository, base, workflow };
    const run = async (canary: boolean): Promise<number> => {
      const started = performance.now();
      const done = await runner.runTests({
        task,
        tree: base.tree,
        baseTree: base.tree,
        evidenceId: "evd_bench" as EvidenceId,
        ...(canary ? { canary: "if_reported" as const } : {}),
        signal: new AbortController().signal,
      });
      const expected = canary ? "failed_as_it_must" : undefined;
      if (done.canary?.outcome !== expected) throw new Error(`the canary is \`${done.canary?.outcome ?? "absent"}\``);
      return performance.now() - started;
    };
    const rounds: { plain: number; vouched: number; ofBase: number }[] = [];
    // One round proves that the row can be measured; figures begin with a warm runner.
    if (effort.rounds > 1) await run(false);
    for (let round = 0; round < effort.rounds; round += 1) {
      rounds.push({ plain: await run(false), vouched: await run(true), ofBase: await run(false) });
    }
    return [
      rowOf(
        { what: "evidence run with its canary", yardstick: "the run without", unit: "ms", target: null },
        rounds.map(({ plain, vouched }) => ({ reference: plain, product: vouched })),
      ),
      rowOf(
        { what: "green with red tests run again", yardstick: "green without that run", unit: "ms", target: null },
        rounds.map(({ plain, vouched }) => ({ reference: vouched, product: vouched + plain })),
      ),
      rowOf(
        {
          what: "green with `base_tests` beside it",
          yardstick: "green with red tests run again",
          unit: "ms",
          target: null,
        },
        rounds.map(({ plain, vouched, ofBase }) => ({
          reference: vouched + plain,
          product: vouched + plain + ofBase,
        })),
      ),
    ];
  } finally {
    await runner.close();
    remove();
  }
}
