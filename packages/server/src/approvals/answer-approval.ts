import type { DenyApproval, GrantApproval } from "@phasegate/engine";
import { PhasegateError } from "@phasegate/wire";
import type { ApprovalVerdictRequest, JsonObject, OperationId, TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { evidenceJob, leaseOf } from "../transitions/pending-jobs.ts";
import { authorsOf } from "../transitions/transition-facts.ts";
import { approvalAnswer } from "./approval-answer.ts";
import { requireDecidableApproval } from "./find-approvals.ts";

/** Longest that a grant waits for the transition that it lets go on. */
const maxWaitMs = 20_000;

/**
 * Records a yes or a no to exactly what was seen. The last yes lets the transition go on: the job that judges it again
 * is in the commit of the grant, and the answer waits a while for it.
 */
export async function answerApproval(
  context: ServerContext,
  caller: Caller,
  text: string,
  verdict: ApprovalVerdictRequest & { readonly type: GrantApproval["type"] | DenyApproval["type"] },
): Promise<JsonObject> {
  const { task, approval } = await requireDecidableApproval(context, caller, text);
  const waits = task.pendingTransition?.operationId ?? null;
  const moved = waits ? untilMoved(context, caller, task.id, waits) : null;
  const { decision, task: after } = await context.tasks.decide({
    taskId: task.id,
    caller,
    command: {
      type: verdict.type,
      approvalId: approval.id,
      digest: verdict.digest as GrantApproval["digest"],
      comment: verdict.comment ?? "",
    },
    facts: { authors: authorsOf(context, task) },
    lease: (decided) => leaseOf(context, decided),
    jobs: (decided) => (isLastGrant(decided) ? evidenceJob(context, decided, approval.tree) : []),
  });
  const reason = decision.reasons[0];
  if (decision.effect !== "allow") {
    moved?.stop();
    throw reason ? PhasegateError.fromReason(reason) : new PhasegateError("internal_error", "denied without a reason");
  }
  if (moved && isLastGrant({ decision, task: after })) await moved.promise;
  moved?.stop();
  const now = await requireDecidableApproval(context, caller, text);
  return approvalAnswer(context, now.task, now.approval);
}

/** No question is left that the transition waits for. */
function isLastGrant({
  decision,
  task,
}: {
  readonly decision: { readonly events: readonly { readonly type: string }[] };
  readonly task: { readonly pendingTransition: { readonly approvals: readonly string[] } | null };
}): boolean {
  const granted = decision.events.some((event) => event.type === "approval.granted");
  return granted && task.pendingTransition?.approvals.length === 0;
}

function untilMoved(context: ServerContext, caller: Caller, taskId: TaskId, operationId: OperationId) {
  const stopping = new AbortController();
  const signal = AbortSignal.any([
    stopping.signal,
    caller.signal,
    context.operations.stopping,
    AbortSignal.timeout(maxWaitMs),
  ]);
  return {
    promise: context.tasks.watch.until(taskId, (task) => task.pendingTransition?.operationId !== operationId, signal),
    stop: () => stopping.abort(),
  };
}
