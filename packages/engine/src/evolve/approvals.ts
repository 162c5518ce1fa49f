import type { ApprovalId, Digest, Finding, OperationId, PrincipalId, TreeDigest } from "@phasegate/wire";
import { type ApprovalState, maxApprovals, type TaskState } from "../task-state.ts";
import { impossible, statusAfter } from "./assertions.ts";
import type { TaskEvent, TaskEventOf } from "./task-event.ts";

/** The task waits for people; a question asked again keeps its grants and its time. */
export function onApprovalRequested(task: TaskState, event: TaskEventOf<"approval.requested">): TaskState {
  const { data } = event;
  const id = data.approval_id as ApprovalId;
  const operationId = data.operation_id as OperationId;
  const known = task.approvals.find((one) => one.id === id);
  if (known ? !data.repeated || known.status !== "requested" : data.repeated) {
    throw impossible(event, "asks for an approval that was asked for");
  }
  const asked: ApprovalState = known
    ? { ...known, operationId, findings: (data.findings ?? []) as Finding[] }
    : {
        id,
        gate: data.gate,
        phase: data.phase,
        entry: data.entry,
        operationId,
        digest: data.digest as Digest,
        tree: data.tree as TreeDigest,
        artifacts: data.artifacts as Record<string, Digest>,
        evidence: data.evidence as Record<string, Digest>,
        approvers: data.approvers,
        approvalsRequired: data.approvals_required,
        demands: data.demands ?? [{ approvers: data.approvers, required: data.approvals_required }],
        status: "requested",
        requestedAt: event.at,
        expiresAt: data.expires_at,
        grants: [],
        denial: null,
        findings: (data.findings ?? []) as Finding[],
      };
  const status = task.status === "awaiting_approval" ? task.status : statusAfter(task, "awaiting_approval", event);
  return { ...withApprovals(task, [...task.approvals.filter((one) => one.id !== id), asked]), status };
}

export function onApprovalGranted(task: TaskState, event: TaskEventOf<"approval.granted">): TaskState {
  const { by, comment, complete } = event.data;
  const grant = {
    by: by.principal as PrincipalId,
    ...(by.name === undefined ? {} : { name: by.name }),
    kind: by.kind,
    roles: by.roles,
    owner: by.owner as PrincipalId | null,
    comment,
    at: event.at,
  };
  return change(task, event, ["requested"], (approval) => ({
    ...approval,
    status: complete ? "granted" : "requested",
    grants: [...approval.grants, grant],
  }));
}

/** What was said stays among the findings until the next request. */
export function onApprovalDenied(task: TaskState, event: TaskEventOf<"approval.denied">): TaskState {
  const { by, comment } = event.data;
  const message = comment.trim() === "" ? "the approval was denied" : `the approval was denied: ${comment.trim()}`;
  const finding: Finding = { check: "approval", severity: "blocking", message, source: "ledger", rule: null };
  const denial = {
    by: by.principal as PrincipalId,
    ...(by.name === undefined ? {} : { name: by.name }),
    comment,
    at: event.at,
  };
  const after = change(task, event, ["requested"], (approval) => ({ ...approval, status: "denied", denial }));
  return { ...after, findings: [...task.findings, finding] };
}

export function onApprovalClosed(
  task: TaskState,
  event: TaskEventOf<"approval.expired"> | TaskEventOf<"approval.withdrawn">,
): TaskState {
  const status = event.type === "approval.expired" ? "expired" : "withdrawn";
  return change(task, event, ["requested", "granted"], (approval) => ({ ...approval, status }));
}

/** The approval that opened a gate is used up; the artifacts that it is bound to are approved from then on. */
export function onGatePassed(task: TaskState, event: TaskEventOf<"gate.passed">): TaskState {
  const id = event.data.approval_id;
  if (id === undefined) return task;
  const used = task.approvals.find((one) => one.id === id);
  const after = changeApproval(task, event, id, ["granted"], (approval) => ({ ...approval, status: "used" }));
  return used ? { ...after, artifacts: approvedBy(task.artifacts, used) } : after;
}

function approvedBy(artifacts: TaskState["artifacts"], used: ApprovalState): TaskState["artifacts"] {
  const approved = { gate: used.gate, by: used.grants.map(({ by }) => by) };
  return Object.fromEntries(
    Object.entries(artifacts).map(([type, artifact]) => [
      type,
      used.artifacts[type] === artifact.digest ? { ...artifact, approved } : artifact,
    ]),
  );
}

type ApprovalEvent = Extract<TaskEvent, { readonly data: { readonly approval_id: string } }>;

function change(
  task: TaskState,
  event: ApprovalEvent,
  from: readonly ApprovalState["status"][],
  to: (approval: ApprovalState) => ApprovalState,
): TaskState {
  return changeApproval(task, event, event.data.approval_id, from, to);
}

function changeApproval(
  task: TaskState,
  event: TaskEvent,
  id: string,
  from: readonly ApprovalState["status"][],
  to: (approval: ApprovalState) => ApprovalState,
): TaskState {
  const known = task.approvals.find((one) => one.id === id);
  if (!known || !from.includes(known.status)) throw impossible(event, "decides an approval that is not open");
  return withApprovals(
    task,
    task.approvals.map((one) => (one === known ? to(one) : one)),
  );
}

/** The task with these approvals, and with those that its pending transition waits for. */
function withApprovals(task: TaskState, approvals: readonly ApprovalState[]): TaskState {
  const { pendingTransition } = task;
  const awaited = approvals.filter(
    (one) => one.status === "requested" && one.operationId === pendingTransition?.operationId,
  );
  return {
    ...task,
    approvals: bounded(approvals),
    pendingTransition: pendingTransition && { ...pendingTransition, approvals: awaited.map(({ id }) => id) },
  };
}

/** Questions that are over fall out first, and those that were denied last: asking often must not hide a no. */
function bounded(approvals: readonly ApprovalState[]): readonly ApprovalState[] {
  if (approvals.length <= maxApprovals) return approvals;
  const ended = approvals.filter(({ status }) => status !== "requested" && status !== "granted");
  const over = ended.find(({ denial }) => denial === null) ?? ended[0] ?? approvals[0];
  return approvals.filter((one) => one !== over);
}
