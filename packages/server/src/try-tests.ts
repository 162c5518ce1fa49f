import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRunner } from "@phasegate/runner";
import type { AssuranceLevel, TestRun } from "@phasegate/wire";
import { compileWorkflow, type StoredWorkflow } from "@phasegate/workflow";
import { createIds, systemClock } from "./ids.ts";

export { setupTimeoutMs } from "@phasegate/runner";

/**
 * Runs a workflow's tests once on the base commit, setup and sandbox included, as a gate would. Needs no server and
 * leaves nothing behind. Rejects with PhasegateError when the run could not be made at all.
 */
export async function tryTests(options: {
  repository: string;
  stored: StoredWorkflow;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}): Promise<{ readonly run: TestRun; readonly assurance: AssuranceLevel }> {
  const { repository, signal } = options;
  const workflow = compileWorkflow(options.stored);
  const ids = createIds(systemClock);
  const directory = await mkdtemp(join(tmpdir(), "phasegate-init-"));
  try {
    const runner = await openRunner({
      dataDir: directory,
      workspacesDir: null,
      sandbox: "auto",
      environment: { PATH: options.env["PATH"] },
    });
    try {
      const { ref, commit, tree } = await runner.resolveBase({
        repository,
        ref: workflow.normalized.workspace.base,
        workflow,
      });
      const task = { taskId: ids.make("task"), repository, base: { ref, commit }, workflow };
      await runner.openWorkspace(task);
      const run = await runner.runTests({ task, tree, baseTree: tree, evidenceId: ids.make("evidence"), signal });
      return { run, assurance: runner.capabilities.assurance };
    } finally {
      await runner.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
