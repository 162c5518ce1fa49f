import { PhasegateError } from "@phasegate/wire";
import type { JsonObject } from "@phasegate/wire";
import type { CompiledPhase } from "@phasegate/workflow";
import type { TaskState } from "@phasegate/engine";
import { approvalSummary } from "../approvals/approval-answer.ts";
import type { Caller, ServerContext } from "../context.ts";
import { missingToken } from "../tasks/access.ts";
import { decideOrThrow } from "../tasks/hold.ts";
import { isoOrNull, standingFindings } from "../tasks/task-answer.ts";
import { statusOf } from "../tasks/task-status.ts";

/** What the holder of a token needs to go on, read from the server's state alone. Under 100 kB. */
export async function readSnapshot(
  context: ServerContext,
  caller: Caller,
  phaseToken: string | null,
): Promise<JsonObject> {
  if (phaseToken === null || phaseToken === "") throw missingToken();
  const token = await context.tokens.verify(phaseToken);
  const task = await context.tasks.require(token.taskId);
  const { decision, workflow } = await context.tasks.preview(task.id, caller, { type: "renew", token }, {});
  // A dead token is refused and recorded, like any other command.
  if (decision.effect !== "allow") await decideOrThrow(context, caller, task, { type: "renew", token });
  const phase = workflow.phases.get(task.phase);
  if (!phase) throw new PhasegateError("internal_error", "the task is in a phase that its workflow does not have");
  const dependencies = await statusOf(context, task.dependencies);
  const isAwaiting = task.status === "awaiting_approval";
  const leaseExpiresAt = isAwaiting ? null : await context.leases.extend(task, workflow);
  return {
    task_id: task.id,
    task_dependencies: { [task.id]: [...task.dependencies] },
    completed_tasks: dependencies.filter((one) => one.status === "completed").map((one) => one.id),
    current_phase: task.phase,
    blockers: blockerTexts(task),
    status: task.status,
    entry: task.entry,
    findings: standingFindings(task)
      .slice(0, 50)
      .map((finding) => ({ ...finding })),
    approvals: task.approvals
      .filter((approval) => approval.entry === task.entry)
      .map((approval) => approvalSummary(task, approval)),
    lease_expires_at: isoOrNull(leaseExpiresAt),
    allowed_tools: [...phase.allowedTools],
    write: phase.writePatterns.slice(0, 200),
    next: nextCalls(task, phase),
  };
}

/** Open blockers, then what the last gate found. */
export function blockerTexts(task: TaskState): string[] {
  const open = task.blockers.filter((blocker) => !blocker.resolved).map((blocker) => blocker.text);
  const found = task.findings.filter((finding) => finding.severity === "blocking").map((finding) => finding.message);
  return [...new Set([...open, ...found])].slice(0, 50);
}

/** The calls that lead out of the phase; while a request to leave it is under way, those that look at it or end it. */
export function nextCalls(task: TaskState, phase: CompiledPhase): JsonObject[] {
  if (task.pendingTransition) {
    const path = `/api/v1/operations/${task.pendingTransition.operationId}`;
    return [
      { method: "GET", path },
      { method: "DELETE", path },
    ];
  }
  return phase.exits.map((exit) =>
    exit.to === null
      ? { method: "POST", path: `/api/v1/tasks/${task.id}/complete`, body: { artifacts: {} } }
      : {
          method: "POST",
          path: "/api/v1/tasks/transition",
          body: { task_id: task.id, current_phase: phase.id, target_phase: exit.to, artifacts: {} },
        },
  );
}
