import type { PrincipalId } from "@phasegate/wire";
import type { TaskState } from "../task-state.ts";
import { entryAfter, epochAfter, impossible, statusAfter } from "./assertions.ts";
import { enterPhase } from "./history.ts";
import type { TaskEventOf } from "./task-event.ts";

/** A new holder, or the same one back; a transition that is being judged outlives the return of its holder. */
export function onClaimed(task: TaskState, event: TaskEventOf<"task.claimed">): TaskState {
  const { data } = event;
  const principal = data.principal as PrincipalId;
  const owner = data.owner as PrincipalId | null;
  return {
    ...task,
    status: data.resumed && task.pendingTransition ? task.status : statusAfter(task, "active", event),
    epoch: epochAfter(task, data.epoch, event),
    assurance: data.assurance,
    holder: {
      principal,
      owner,
      agentId: data.agent_id,
      claimedAt: event.at,
    },
    workedSince: task.workedSince ?? event.at,
    authors: including(task.authors, principal),
    authorOwners: owner === null ? task.authorOwners : including(task.authorOwners, owner),
  };
}

/** The holder is gone, the phase, the entry and the workspace stay. */
export function onGivenUp(
  task: TaskState,
  event: TaskEventOf<"task.released"> | TaskEventOf<"task.lease_expired"> | TaskEventOf<"task.reassigned">,
): TaskState {
  if (!task.holder) throw impossible(event, "gives up what no one holds");
  return {
    ...task,
    status: statusAfter(task, "ready", event),
    epoch: epochAfter(task, event.data.epoch, event),
    holder: null,
    pendingTransition: null,
  };
}

export function onEnded(task: TaskState, event: TaskEventOf<"task.failed"> | TaskEventOf<"task.cancelled">): TaskState {
  return {
    ...task,
    status: statusAfter(task, event.type === "task.failed" ? "failed" : "cancelled", event),
    epoch: epochAfter(task, event.data.epoch, event),
    holder: null,
    pendingTransition: null,
    endedReason: event.data.reason,
  };
}

/** Back to `ready` in the phase where it ended, in a new entry: no earlier approval or override counts. */
export function onReopened(task: TaskState, event: TaskEventOf<"task.reopened">): TaskState {
  const { data } = event;
  return {
    ...task,
    status: statusAfter(task, "ready", event),
    epoch: epochAfter(task, data.epoch, event),
    phase: data.phase,
    entry: entryAfter(task, data.entry, event),
    workedSince: null,
    timedOut: false,
    history: enterPhase(task.history, { phase: data.phase, entry: data.entry, at: event.at }),
    endedReason: null,
  };
}

function including(principals: readonly PrincipalId[], one: PrincipalId): readonly PrincipalId[] {
  return principals.includes(one) ? principals : [...principals, one];
}
