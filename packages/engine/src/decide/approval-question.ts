import {
  type ApprovalFact,
  type ApprovalId,
  type Digest,
  digestJson,
  type EventData,
  type Finding,
  type NewEvent,
  parseId,
  type TaskId,
} from "@phasegate/wire";
import type { CompiledGate } from "@phasegate/workflow";
import type { ApprovalState } from "../task-state.ts";
import { newEvent, timestamp } from "./answer.ts";
import { approversOf, asksPeople, demandsOf, fewestApprovals, isComplete } from "./approval-demands.ts";
import { isAuthor } from "./authors.ts";
import { evidenceDigests } from "./evidence.ts";
import type { Situation } from "./situation.ts";

/** How long people have to answer where the gate does not say. */
const defaultAnswerMs = 7 * 24 * 60 * 60 * 1_000;

/** Characters of an approval's id that are its own. */
const ownLength = 24;

/** What one gate asks people to approve now, and how far that is. */
export interface ApprovalQuestion {
  readonly gate: CompiledGate;
  readonly subject: ApprovalSubject;
  /** The approval that is open for exactly this. */
  readonly open: ApprovalState | null;
  /** Granted in full, by principals that are no authors. */
  readonly approved: boolean;
  readonly facts: readonly ApprovalFact[];
}

/** Exactly what is approved. */
export type ApprovalSubject = Pick<ApprovalState, "digest" | "tree" | "artifacts" | "evidence">;

/** The question that a gate with such checks asks; null for a gate without, or while the tree is unread. */
export function questionOf(
  situation: Situation,
  gate: CompiledGate,
  given: { readonly artifacts: Readonly<Record<string, Digest>>; readonly withEvidence: boolean },
): ApprovalQuestion | null {
  const { task, workflow, facts, context } = situation;
  const tree = facts.tree?.digest;
  if (tree === undefined || !gate.checks.some(asksPeople)) return null;
  const bound = { tree, artifacts: given.artifacts, evidence: given.withEvidence ? evidenceDigests(situation) : {} };
  const digest = digestJson({ task: task.id, entry: task.entry, gate: gate.id, workflow: workflow.digest, ...bound });
  const open = openApprovals(situation).find((one) => one.gate === gate.id && one.digest === digest) ?? null;
  const inTime = open !== null && Date.parse(open.expiresAt) > context.now;
  const grants = inTime ? open.grants.filter((grant) => !isAuthor(situation, { ...grant, id: grant.by })) : [];
  return {
    gate,
    subject: { digest, ...bound },
    open,
    approved: open?.status === "granted" && isComplete(demandsOf(gate), grants),
    facts: grants.map(({ by, kind, roles, name, owner }) => ({
      gate: gate.id,
      digest,
      by,
      kind,
      roles,
      owner,
      ...(name === undefined ? {} : { name }),
    })),
  };
}

/** Requested or granted in this entry, and neither used nor taken back. */
export function openApprovals({ task }: Pick<Situation, "task">): readonly ApprovalState[] {
  return task.approvals.filter((one) => one.entry === task.entry && isOpen(one));
}

export function isOpen({ status }: ApprovalState): boolean {
  return status === "requested" || status === "granted";
}

/** Asks people, by an id that follows from the task's version: the same decision has the same one. */
export function askPeople(
  situation: Situation,
  asked: {
    readonly gate: CompiledGate;
    readonly subject: ApprovalSubject;
    readonly operationId: ApprovalState["operationId"];
    readonly again: ApprovalState | null;
    readonly findings: readonly Finding[];
  },
): EventData<"approval.requested"> {
  const { task, context } = situation;
  const { gate, subject, again } = asked;
  const demands = demandsOf(gate);
  const answerMs = answerTimeMs(gate);
  return {
    approval_id: again?.id ?? approvalId(situation, gate),
    gate: gate.id,
    phase: task.phase,
    entry: task.entry,
    operation_id: asked.operationId,
    digest: subject.digest,
    tree: subject.tree,
    artifacts: { ...subject.artifacts },
    evidence: { ...subject.evidence },
    approvers: [...approversOf(gate)],
    approvals_required: fewestApprovals(demands),
    demands: demands.map(({ approvers, required }) => ({ approvers: [...approvers], required })),
    expires_at: again?.expiresAt ?? timestamp(context.now + answerMs),
    repeated: again !== null,
    ...(asked.findings.length > 0 ? { findings: asked.findings.slice() } : {}),
  };
}

/** As long as the gate says, or the shortest time that one of its checks says. */
function answerTimeMs({ timeoutSeconds, checks }: CompiledGate): number {
  const times = checks.filter(asksPeople).map(({ parameters }) => parameters["timeout_seconds"]);
  const seconds = [timeoutSeconds, ...times].filter((time) => typeof time === "number");
  return seconds.length === 0 ? defaultAnswerMs : Math.min(...seconds) * 1_000;
}

/** Takes questions back, or ends what was granted and not used. */
export function withdrawApprovals(
  { context }: Pick<Situation, "context">,
  approvals: readonly Pick<ApprovalState, "id">[],
  reason: string,
): readonly NewEvent[] {
  return approvals.map(({ id }) => newEvent(context, "approval.withdrawn", { approval_id: id, reason }));
}

/** True when the approval is about another state of the work; while evidence is gathered, that part is not compared. */
export function isOfAnother(approval: ApprovalState, subject: ApprovalSubject, withEvidence: boolean): boolean {
  if (withEvidence) return approval.digest !== subject.digest;
  return approval.tree !== subject.tree || digestJson(approval.artifacts) !== digestJson(subject.artifacts);
}

/** It names its task, so that an approval is found by its id alone; see `approvalTask`. */
function approvalId({ task }: Situation, gate: CompiledGate): ApprovalId {
  const hex = digestJson({ task: task.id, version: task.version, gate: gate.id }).slice("sha256:".length);
  return `apr_${task.id.slice("task_".length)}${hex.slice(0, ownLength)}` as ApprovalId;
}

/** The task that an approval is of; null for a text that is no approval's id. */
export function approvalTask(text: string): TaskId | null {
  const id = parseId("approval", text);
  return id && parseId("task", `task_${id.slice("apr_".length, -ownLength)}`);
}
