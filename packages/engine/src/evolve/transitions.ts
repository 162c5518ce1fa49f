import type { Finding, OperationId, TokenId, TreeDigest } from "@phasegate/wire";
import { type FreezeState, maxRedLists, type TaskState, type TestNamesState } from "../task-state.ts";
import { entryAfter, epochAfter, impossible, statusAfter } from "./assertions.ts";
import { withTriggers } from "./follow-ups.ts";
import { withVisit } from "./gate-visits.ts";
import { enterPhase, leavePhase } from "./history.ts";
import type { TaskEventOf } from "./task-event.ts";

export function onRequested(task: TaskState, event: TaskEventOf<"transition.requested">): TaskState {
  const { data } = event;
  return {
    ...task,
    status: statusAfter(task, "deciding", event),
    pendingTransition: {
      operationId: data.operation_id as OperationId,
      from: data.from,
      to: data.to,
      kind: data.kind,
      tokenId: data.token_id as TokenId,
      requestedAt: event.at,
      approvals: [],
    },
    findings: [],
  };
}

export function onWithdrawn(task: TaskState, event: TaskEventOf<"transition.withdrawn">): TaskState {
  if (task.pendingTransition?.operationId !== event.data.operation_id) throw impossible(event, "withdraws nothing");
  return { ...task, status: statusAfter(task, "active", event), pendingTransition: null };
}

/** A refusal gives the phase back to its holder; what was recorded only (`would_deny`) does not. */
export function onGateBlocked(task: TaskState, event: TaskEventOf<"gate.blocked">): TaskState {
  const { data } = event;
  const findings = data.findings as Finding[];
  if (data.would_deny || task.pendingTransition?.operationId !== data.operation_id) return { ...task, findings };
  return { ...task, status: statusAfter(task, "active", event), pendingTransition: null, findings };
}

/** The next stay begins on the tree that was judged, with the freezes that the event names. */
export function onTransitioned(task: TaskState, event: TaskEventOf<"task.transitioned">): TaskState {
  const { data } = event;
  return {
    ...task,
    status: statusAfter(task, "active", event),
    phase: data.to,
    entry: entryAfter(task, data.entry, event),
    epoch: epochAfter(task, data.epoch, event),
    entryTree: data.tree as TreeDigest,
    workedSince: event.at,
    timedOut: false,
    triggers: withTriggers(task, event),
    freezes: data.freezes as FreezeState[],
    redIdentities: (data.red ?? []) as TestNamesState[],
    redsEver: withReds(task.redsEver, (data.red ?? []) as TestNamesState[]),
    passedEarlier: (data.passed ?? []) as TestNamesState[],
    pendingTransition: null,
    lastTransition: {
      eventId: event.id,
      operationId: data.operation_id as OperationId,
      from: data.from,
      to: data.to,
      consumedTokenId: data.consumed_token_id as TokenId,
      tokenId: data.token_id as TokenId,
      epoch: data.epoch,
      at: event.at,
      kind: data.kind,
      used: false,
    },
    findings: data.warnings as Finding[],
    gateVisits: withVisit(task, data.warnings as Finding[], data.kind),
    selfReported: task.selfReported || data.self_reported,
    overridden: task.overridden || data.overridden,
    history: enterPhase(task.history, { phase: data.to, entry: data.entry, at: event.at }),
  };
}

/** What a gate of one stay found stands once, in its last form: a merge of a moved base changes it. */
function withReds(known: readonly TestNamesState[], found: readonly TestNamesState[]): readonly TestNamesState[] {
  const isSame = (one: TestNamesState, other: TestNamesState): boolean =>
    one.entry === other.entry && one.phase === other.phase;
  const kept = known.map((one) => found.find((other) => isSame(one, other)) ?? one);
  const added = found.filter((one) => !known.some((other) => isSame(one, other)));
  return [...kept, ...added].slice(-maxRedLists);
}

/** The end. Completed by its own request, the token that the request consumed can ask for the same answer again. */
export function onCompleted(task: TaskState, event: TaskEventOf<"task.completed">): TaskState {
  const { data } = event;
  const epoch = epochAfter(task, data.epoch, event);
  const consumed = data.consumed_token_id as TokenId | null;
  const own = consumed !== null && data.operation_id !== null && task.lastTransition?.consumedTokenId !== consumed;
  return {
    ...task,
    status: statusAfter(task, "completed", event),
    epoch,
    holder: null,
    pendingTransition: null,
    lastTransition: own
      ? {
          eventId: event.id,
          operationId: data.operation_id as OperationId,
          from: data.phase,
          to: data.phase,
          consumedTokenId: consumed,
          tokenId: consumed,
          epoch,
          at: event.at,
          kind: "complete",
          used: false,
        }
      : task.lastTransition && { ...task.lastTransition, epoch },
    findings: data.warnings as Finding[],
    selfReported: task.selfReported || data.self_reported,
    overridden: task.overridden || data.overridden,
    history: leavePhase(task.history, event.at),
    endedReason: null,
  };
}
