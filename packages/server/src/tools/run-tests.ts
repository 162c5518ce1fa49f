import { contentsNeeded } from "@phasegate/engine";
import type { TaskState } from "@phasegate/engine";
import type { ToolOutcome } from "@phasegate/runner";
import type { TreeDigest } from "@phasegate/wire";
import { evidenceWorkflow } from "@phasegate/workflow";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { Caller, ServerContext } from "../context.ts";
import { runSummary } from "../evidence/evidence-answer.ts";
import { keepRun } from "../evidence/kept-run.ts";
import { recordEvidence } from "../evidence/record-evidence.ts";
import { runOwner } from "../evidence/run-owner.ts";
import { judgeOutsideChange } from "../tasks/outside-change.ts";
import { workspaceKey } from "../tasks/workspace-key.ts";
import type { ToolRequest } from "./tool-request.ts";

/**
 * The tool `run_tests`: runs the workflow's tests on the workspace as it is, outside its lock, and records the run. A
 * run of all tests that passed serves a later gate on the same tree; one of a selection serves none.
 */
export async function runTests(
  context: ServerContext,
  caller: Caller,
  request: ToolRequest,
  held: { readonly task: TaskState; readonly workflow: CompiledWorkflow },
): Promise<ToolOutcome> {
  const { task, workflow } = held;
  if (!evidenceWorkflow(workflow.normalized.evidence).tests) return notConfigured();
  const startedAt = performance.now();
  const key = workspaceKey(context, task, workflow);
  const tree = await context.runner.withTree<TreeDigest>(
    {
      task: key,
      epoch: request.command.token.epoch,
      compareWith: [],
      contentsNeeded: (changes) => contentsNeeded(task, workflow, changes),
      changedOutside: (observation) => judgeOutsideChange(context, caller, task.id, observation),
    },
    (facts) => Promise.resolve(facts.digest),
  );
  const selection = selectionText(request.args["selection"]);
  const attributes = { "phasegate.task_id": task.id, "phasegate.purpose": "tool" };
  const run = await context.tracing.span("evidence run", { attributes }, () =>
    context.runner.runTests({
      task: key,
      tree,
      baseTree: task.baseTree,
      evidenceId: context.ids.make("evidence"),
      ...(selection === null ? { canary: "if_passed" as const } : { selection }),
      owner: runOwner(context, task),
      signal: caller.signal,
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  context.metrics.evidenceRan({ purpose: "tool", status: run.status, seconds });
  const { payload, failed } = await keepRun(run);
  if (selection === null) {
    context.runs.remember({ workflow: workflow.digest, baseTree: task.baseTree, tree }, payload.digest, run);
  }
  await recordEvidence(context, task.id, {
    evidenceId: run.evidenceId,
    purpose: "tool",
    tree,
    sourceTree: null,
    key: run.key,
    payload,
    failed,
    status: run.status,
    selected: selection !== null,
    operationId: null,
  });
  const result = { ...runSummary(run), status: run.status, evidence_id: run.evidenceId, tree };
  return { status: "completed", result, durationMs: performance.now() - startedAt };
}

/** Words as the runner reads them: quotes group. */
function selectionText(selection: unknown): string | null {
  if (typeof selection === "string") return selection;
  if (!Array.isArray(selection) || selection.length === 0) return null;
  return selection.map((word) => (String(word).includes('"') ? `'${String(word)}'` : `"${String(word)}"`)).join(" ");
}

function notConfigured(): ToolOutcome {
  return {
    status: "failed",
    code: "tool_failed",
    message: "the workflow does not say how its tests are run",
    hint: "an operator adds `evidence: { tests: { preset: .. } }` to the workflow",
    result: null,
    durationMs: 0,
  };
}
