import { taskStream, isEvent } from "@phasegate/wire";
import type { Finding, OperationId, PrincipalId, StoredEvent, TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { blockerTexts, pendingOutcome, transitionAnswer } from "./transition-answer.ts";
import type { TransitionOutcome } from "./transition-answer.ts";

const readPage = 1_000;

/** A transition as the ledger tells it. */
export interface RecordedTransition {
  readonly requestedBy: PrincipalId;
  readonly requestedAt: string;
  /** Null while it is pending. */
  readonly outcome: TransitionOutcome | null;
}

/**
 * What was recorded of an operation, up to a version of the task where one is named; null when the task's ledger does
 * not know it.
 */
export async function readTransition(
  { ledger }: Pick<ServerContext, "ledger">,
  taskId: TaskId,
  operationId: OperationId,
  lastVersion = Infinity,
): Promise<RecordedTransition | null> {
  let found: RecordedTransition | null = null;
  let version = 0;
  for (;;) {
    const page = await ledger.readStream(taskStream(taskId), { afterVersion: version, limit: readPage });
    for (const event of page) {
      if (event.version > lastVersion) return found;
      if (isEvent(event, "transition.requested") && event.data.operation_id === operationId) {
        found = { requestedBy: event.principal, requestedAt: event.at, outcome: null };
      } else if (found) {
        const outcome: TransitionOutcome | null = outcomeOf(event, operationId);
        const { requestedBy, requestedAt }: RecordedTransition = found;
        if (outcome) found = { requestedBy, requestedAt, outcome };
      }
    }
    version = page.at(-1)?.version ?? version;
    if (page.length < readPage) return found;
  }
}

/**
 * The answer of a transition from the ledger alone: its decision, or what it waits for. The new token goes to the
 * task's live holder, while the transition is the task's last.
 */
export async function recordedAnswer(
  context: ServerContext,
  options: { readonly taskId: TaskId; readonly operationId: OperationId; readonly principal: PrincipalId },
): Promise<{ readonly done: boolean; readonly answer: RouteAnswer }> {
  const { taskId, operationId, principal } = options;
  // RACE: a commit can be read before the task in memory has moved on; its answer would name the phase that was left.
  const task = await context.tasks.require(taskId);
  const recorded = await readTransition(context, taskId, operationId, task.version);
  const workflow = await context.tasks.workflowOf(task);
  if (!recorded?.outcome) {
    const pending = pendingOutcome(task, context.progress);
    return { done: false, answer: transitionAnswer(task, workflow, pending, false) };
  }
  const last = task.lastTransition;
  const isLive = last?.operationId === operationId && last.epoch === task.epoch && task.holder?.principal === principal;
  return { done: true, answer: transitionAnswer(task, workflow, recorded.outcome, isLive) };
}

/** What an event decided about the operation; null for every other. */
function outcomeOf(event: StoredEvent, operationId: OperationId): TransitionOutcome | null {
  if (isEvent(event, "task.transitioned") || isEvent(event, "task.completed")) {
    if (event.data.operation_id !== operationId) return null;
    const findings = event.data.warnings as Finding[];
    const warnings = findings.filter(({ severity }) => severity !== "info").map(({ message }) => message);
    return { allowed: true, blockers: [], findings, warnings };
  }
  if (isEvent(event, "gate.blocked")) {
    if (event.data.operation_id !== operationId || event.data.would_deny) return null;
    return {
      allowed: false,
      blockers: blockerTexts(event.data.reasons as Parameters<typeof blockerTexts>[0]),
      findings: event.data.findings as Finding[],
      warnings: [],
    };
  }
  if (isEvent(event, "transition.withdrawn") && event.data.operation_id === operationId) {
    return { allowed: false, blockers: [`withdrawn: ${event.data.reason}`], findings: [], warnings: [] };
  }
  return null;
}
