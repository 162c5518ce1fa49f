import type { EventType, PrincipalId, StoredEvent, StoredEventOf, TaskId, WorkflowDigest } from "@phasegate/wire";
import { isEvent, parseId } from "@phasegate/wire/core";
import type { TaskRow } from "./port.ts";

type AnyStoredEvent = { [T in EventType]: StoredEventOf<T> }[EventType];

/**
 * The task index as a pure fold: the same events give the same row in every back end and in `audit verify`.
 * What the events of other tasks say about dependencies is added by `withOpenDependencies`.
 */
export function projectTask(row: TaskRow | null, stored: StoredEvent): TaskRow | null {
  const event = stored as AnyStoredEvent;
  if (row === null) return event.type === "task.created" ? createdRow(event) : null;
  return { ...changedRow(row, event), version: event.version, updatedAt: event.at };
}

/** The row after the events of one batch, and the principals that claimed the task in it. */
export function projectBatch(
  row: TaskRow | null,
  events: readonly StoredEvent[],
): { readonly row: TaskRow | null; readonly holders: readonly PrincipalId[] } {
  const holders: PrincipalId[] = [];
  let after = row;
  for (const event of events) {
    after = projectTask(after, event);
    if (after !== null && isEvent(event, "task.claimed")) holders.push(event.data.principal as PrincipalId);
  }
  return { row: after, holders };
}

/** True for the event types that change more of a row than its version and its time. */
export function changesTaskRow(type: EventType): boolean {
  return rowEventTypes.has(type);
}

/** The row as it stands with `open` dependencies: a task that nobody ever claimed waits while one is open. */
export function withOpenDependencies(row: TaskRow, open: number): TaskRow {
  const unclaimed = (row.status === "ready" || row.status === "waiting") && row.epoch === 0;
  const status = unclaimed ? (open > 0 ? "waiting" : "ready") : row.status;
  return { ...row, status, openDependencies: open };
}

/** The task that a stream belongs to, or null for streams of other kinds. */
export function taskOfStream(stream: string): TaskId | null {
  return stream.startsWith("task/") ? parseId("task", stream.slice("task/".length)) : null;
}

const rowEventTypes: ReadonlySet<EventType> = new Set<EventType>([
  "task.created",
  "task.claimed",
  "task.transitioned",
  "task.completed",
  "task.released",
  "task.lease_expired",
  "task.failed",
  "task.cancelled",
  "task.reassigned",
  "task.reopened",
  "task.overridden",
  "task.synced",
  "transition.requested",
  "transition.withdrawn",
  "gate.blocked",
  "approval.requested",
]);

function createdRow({ stream, version, at, data }: StoredEventOf<"task.created">): TaskRow | null {
  const id = taskOfStream(stream);
  if (id === null) return null;
  const dependencies = [...new Set(data.dependencies)] as TaskId[];
  return {
    id,
    version,
    title: data.title,
    status: data.waiting ? "waiting" : "ready",
    phase: data.phase,
    entry: 1,
    epoch: 0,
    priority: data.priority,
    capabilities: data.capabilities,
    labels: data.labels,
    dependencies,
    openDependencies: dependencies.length,
    workflowDigest: data.workflow.digest as WorkflowDigest,
    workflowName: data.workflow.name,
    holderPrincipal: null,
    agentId: null,
    assurance: null,
    overridden: false,
    createdAt: at,
    updatedAt: at,
    leaseExpiresAt: null,
  };
}

const nobody = { holderPrincipal: null, agentId: null, leaseExpiresAt: null } as const;

function changedRow(row: TaskRow, event: AnyStoredEvent): TaskRow {
  switch (event.type) {
    case "task.claimed":
      return {
        ...row,
        // A transition that is being judged outlives the return of its own holder.
        status: event.data.resumed && isJudged(row) ? row.status : "active",
        phase: event.data.phase,
        entry: event.data.entry,
        epoch: event.data.epoch,
        assurance: event.data.assurance,
        holderPrincipal: event.data.principal as PrincipalId,
        agentId: event.data.agent_id,
      };
    case "transition.requested":
      return { ...row, status: "deciding" };
    case "transition.withdrawn":
      return isJudged(row) ? judged(row) : row;
    case "gate.blocked":
      return isJudged(row) && event.data.operation_id !== null && !event.data.would_deny ? judged(row) : row;
    case "approval.requested":
      return { ...row, status: "awaiting_approval" };
    case "task.transitioned":
      return {
        ...judged(row),
        phase: event.data.to,
        entry: event.data.entry,
        epoch: event.data.epoch,
        overridden: row.overridden || event.data.overridden,
      };
    case "task.completed":
      return {
        ...row,
        ...nobody,
        status: "completed",
        epoch: event.data.epoch,
        overridden: row.overridden || event.data.overridden,
      };
    case "task.released":
    case "task.lease_expired":
    case "task.reassigned":
      return { ...row, ...nobody, status: "ready", epoch: event.data.epoch };
    case "task.failed":
      return { ...row, ...nobody, status: "failed", epoch: event.data.epoch };
    case "task.cancelled":
      return { ...row, ...nobody, status: "cancelled", epoch: event.data.epoch };
    case "task.reopened":
      return {
        ...row,
        ...nobody,
        status: "ready",
        phase: event.data.phase,
        entry: event.data.entry,
        epoch: event.data.epoch,
      };
    case "task.overridden":
      return { ...row, overridden: true };
    default:
      return row;
  }
}

function isJudged(row: TaskRow): boolean {
  return row.status === "deciding" || row.status === "awaiting_approval";
}

/** After a judgement the task is its holder's again, or free when the holder is gone. */
function judged(row: TaskRow): TaskRow {
  return { ...row, status: row.holderPrincipal === null ? "ready" : "active" };
}
