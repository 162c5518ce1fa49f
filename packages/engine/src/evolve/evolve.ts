import type { StoredEvent } from "@phasegate/wire";
import type { TaskState } from "../task-state.ts";
import { impossible } from "./assertions.ts";
import {
  onApprovalClosed,
  onApprovalDenied,
  onApprovalGranted,
  onApprovalRequested,
  onGatePassed,
} from "./approvals.ts";
import { onCreated } from "./created.ts";
import { onPhaseTimedOut, onTriggerExecuted } from "./follow-ups.ts";
import { onEvidenceRecorded, onReviewSubmitted } from "./gathered.ts";
import { onClaimed, onEnded, onGivenUp, onReopened } from "./holding.ts";
import { onArtifact, onBlockerRecorded, onBlockerResolved, onOverridden, onSynced } from "./marks.ts";
import type { TaskEvent } from "./task-event.ts";
import { isUseOfToken, onToolSettled, onToolStarted } from "./tools.ts";
import { onCompleted, onGateBlocked, onRequested, onTransitioned, onWithdrawn } from "./transitions.ts";

/**
 * The task after one more of its events. Pure. Throws PhasegateError `ledger_corrupt` on a stream that no sequence
 * of decisions can have written: a gap, an illegal status change, an epoch or entry that does not rise by one.
 */
export function evolve(task: TaskState | null, event: StoredEvent | TaskEvent): TaskState {
  const known = event as TaskEvent;
  if (known.version !== (task?.version ?? 0) + 1) throw impossible(known, `follows version ${task?.version ?? 0}`);
  if (known.type === "task.created") {
    if (task) throw impossible(known, "creates a task that exists");
    return onCreated(known);
  }
  if (!task) throw impossible(known, "comes before the task was created");
  const after = apply(task, known);
  const lastTransition =
    after.lastTransition && after.lastTransition === task.lastTransition && isUseOfToken(task, known)
      ? { ...after.lastTransition, used: true }
      : after.lastTransition;
  return { ...after, lastTransition, version: known.version };
}

/** The fold of a task's events from the first. Throws a RangeError when there are none. */
export function foldTask(events: readonly (StoredEvent | TaskEvent)[]): TaskState {
  let task: TaskState | null = null;
  for (const event of events) task = evolve(task, event);
  if (!task) throw new RangeError("a task without events has no state");
  return task;
}

function apply(task: TaskState, event: Exclude<TaskEvent, { type: "task.created" }>): TaskState {
  switch (event.type) {
    case "task.claimed":
      return onClaimed(task, event);
    case "task.released":
    case "task.lease_expired":
    case "task.reassigned":
      return onGivenUp(task, event);
    case "task.failed":
    case "task.cancelled":
      return onEnded(task, event);
    case "task.reopened":
      return onReopened(task, event);
    case "task.overridden":
      return onOverridden(task, event);
    case "task.synced":
      return onSynced(task, event);
    case "transition.requested":
      return onRequested(task, event);
    case "transition.withdrawn":
      return onWithdrawn(task, event);
    case "gate.passed":
      return onGatePassed(task, event);
    case "gate.blocked":
      return onGateBlocked(task, event);
    case "task.transitioned":
      return onTransitioned(task, event);
    case "task.completed":
      return onCompleted(task, event);
    case "approval.requested":
      return onApprovalRequested(task, event);
    case "artifact.submitted":
      return onArtifact(task, event);
    case "blocker.recorded":
      return onBlockerRecorded(task, event);
    case "blocker.resolved":
      return onBlockerResolved(task, event);
    case "tool.started":
      return onToolStarted(task, event);
    case "tool.executed":
    case "tool.rolled_back":
    case "tool.interrupted":
      return onToolSettled(task, event);
    case "approval.granted":
      return onApprovalGranted(task, event);
    case "approval.denied":
      return onApprovalDenied(task, event);
    case "approval.expired":
    case "approval.withdrawn":
      return onApprovalClosed(task, event);
    case "evidence.recorded":
      return onEvidenceRecorded(task, event);
    case "review.submitted":
      return onReviewSubmitted(task, event);
    case "phase.timed_out":
      return onPhaseTimedOut(task, event);
    case "trigger.executed":
      return onTriggerExecuted(task, event);
    case "notification.requested":
    case "tool.denied":
    case "violation.detected":
    case "evidence.requested":
      return task;
    case "workflow.registered":
    case "config.changed":
    case "config.rejected":
    case "key.created":
    case "key.revoked":
    case "key.rotated":
    case "payload.erased":
    case "webhook.dead_lettered":
    case "webhook.redelivered":
    case "breaker.reset":
    case "ledger.head_signed":
    case "ledger.restored":
      // Their streams are others; should one appear here, it changes no task.
      return task;
    default:
      throw impossible(event satisfies never as TaskEvent, "is of no known type");
  }
}
