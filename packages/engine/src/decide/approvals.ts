import { openPrincipalId, parseId, type Reason, serverPrincipalId } from "@phasegate/wire";
import type { EventData, Finding, NewEvent } from "@phasegate/wire";
import type { CompiledGate } from "@phasegate/workflow";
import type { Decision, DenyApproval, ExpireApproval, GrantApproval, WithdrawApproval } from "../commands.ts";
import type { ApprovalState } from "../task-state.ts";
import { allow, newEvent, recordedReasons, refuse } from "./answer.ts";
import { demandsOf, isApprover, isComplete, missingApprovals } from "./approval-demands.ts";
import { askPeople, isOpen, openApprovals, withdrawApprovals } from "./approval-question.ts";
import { isAuthor } from "./authors.ts";
import { isHolder, isOperator, type Situation } from "./situation.ts";

/** Records one principal's yes to exactly what the digest covers. When it is the last, the transition is resumed. */
export function decideGrantApproval(situation: Situation, command: GrantApproval): Decision {
  const approval = findApproval(situation, command.approvalId);
  const reason = judgeVerdict(situation, command, approval);
  if (reason || !approval) return refuse(situation, command, ...(reason ? [reason] : []));
  const { context } = situation;
  const gate = gateOf(situation, approval);
  const { id, kind, roles, name, owner } = context.principal;
  const answer = { by: id, kind, roles, name, owner };
  const complete = gate !== null && isComplete(demandsOf(gate), [...approval.grants, answer]);
  return allow([
    newEvent(context, "approval.granted", {
      approval_id: approval.id,
      digest: command.digest,
      comment: command.comment,
      by: approverOf(situation),
      complete,
    }),
  ]);
}

/** Records a no. A transition that waits for it ends, and what was said is among the task's findings. */
export function decideDenyApproval(situation: Situation, command: DenyApproval): Decision {
  const { context } = situation;
  const approval = findApproval(situation, command.approvalId);
  const reason = judgeVerdict(situation, command, approval);
  if (reason || !approval) return refuse(situation, command, ...(reason ? [reason] : []));
  const said = command.comment.replaceAll(/\s+/g, " ").trim();
  return allow([
    newEvent(context, "approval.denied", {
      approval_id: approval.id,
      digest: command.digest,
      comment: command.comment,
      by: approverOf(situation),
    }),
    ...giveBack(
      situation,
      approval,
      said === "" ? "the approval was denied without a comment" : `the approval was denied: ${said}`,
    ),
  ]);
}

/** Ends an approval whose time is over; where a transition waits for it, the gate's `on_timeout` decides. */
export function decideExpireApproval(situation: Situation, command: ExpireApproval): Decision {
  const { task, context } = situation;
  const approval = findApproval(situation, command.approvalId);
  const reason = judgeExpiry(situation, command, approval);
  if (reason || !approval) return refuse(situation, command, ...(reason ? [reason] : []));
  const expired = newEvent(context, "approval.expired", { approval_id: approval.id });
  if (!isAwaited(situation, approval)) return allow([expired]);
  const gate = gateOf(situation, approval);
  const message = `nobody answered the approval of gate \`${approval.gate}\` in time`;
  switch (gate?.onTimeout) {
    case "fail":
      return allow([
        expired,
        ...withdrawApprovals(situation, others(openApprovals(situation), approval), "the task failed"),
        newEvent(context, "transition.withdrawn", { operation_id: approval.operationId, reason: message }),
        newEvent(context, "task.failed", { reason: message, phase: task.phase, epoch: task.epoch + 1 }),
      ]);
    case "escalate":
      return allow([expired, ...escalate(situation, approval, gate, message)]);
    default:
      return allow([expired, ...giveBack(situation, approval, message)]);
  }
}

/** Takes a question back; a transition that waits for it ends. */
export function decideWithdrawApproval(situation: Situation, command: WithdrawApproval): Decision {
  const { context } = situation;
  const approval = findApproval(situation, command.approvalId);
  const mayWithdraw = isHolder(situation) || isOperator(situation) || context.principal.id === serverPrincipalId;
  const forbidden: Reason | null = mayWithdraw
    ? null
    : { code: "forbidden", message: "the approval is not yours to withdraw", hint: "deny it instead" };
  const reason = forbidden ?? judgeOpen(command.approvalId, approval);
  if (reason || !approval) return refuse(situation, command, ...(reason ? [reason] : []));
  const ended = isAwaited(situation, approval) ? others(awaited(situation), approval) : [];
  return allow([
    ...withdrawApprovals(situation, [approval, ...ended], command.reason),
    ...(isAwaited(situation, approval)
      ? [newEvent(context, "transition.withdrawn", { operation_id: approval.operationId, reason: command.reason })]
      : []),
  ]);
}

/** The questions that the pending transition waits for. */
export function awaited({ task }: Pick<Situation, "task">): readonly ApprovalState[] {
  return task.approvals.filter(({ id }) => task.pendingTransition?.approvals.includes(id));
}

function isAwaited({ task }: Situation, approval: ApprovalState): boolean {
  return task.pendingTransition?.approvals.includes(approval.id) ?? false;
}

function others(approvals: readonly ApprovalState[], but: ApprovalState): readonly ApprovalState[] {
  return approvals.filter(({ id }) => id !== but.id);
}

function findApproval({ task }: Situation, id: string): ApprovalState | null {
  return task.approvals.find((one) => one.id === id) ?? null;
}

function gateOf({ phase }: Situation, approval: ApprovalState): CompiledGate | null {
  return phase.exits.flatMap((exit) => exit.gates).find((gate) => gate.id === approval.gate) ?? null;
}

/** Ends the transition that waits for the approval: the holder reads why among the blockers. */
function giveBack(situation: Situation, approval: ApprovalState, message: string): readonly NewEvent[] {
  const { task, context } = situation;
  const { pendingTransition } = task;
  if (!pendingTransition || !isAwaited(situation, approval)) return [];
  const rule = gateOf(situation, approval)?.rule ?? situation.phase.rule;
  const finding: Finding = { check: "approval", severity: "blocking", message, source: "ledger", rule };
  const reason: Reason = { code: "gate_blocked", message, rule, hint: "meet what was said, and ask again" };
  return [
    ...withdrawApprovals(situation, others(awaited(situation), approval), "the transition ended"),
    newEvent(context, "gate.blocked", {
      operation_id: pendingTransition.operationId,
      from: pendingTransition.from,
      to: pendingTransition.to,
      gate: approval.gate,
      tree: approval.tree,
      reasons: recordedReasons([reason]),
      findings: [finding],
      would_deny: false,
    }),
  ];
}

/** The question is asked again, loudly; no grant of the old one counts for the new. */
function escalate(
  situation: Situation,
  approval: ApprovalState,
  gate: CompiledGate,
  message: string,
): readonly NewEvent[] {
  const { task, context } = situation;
  const asked = {
    gate,
    subject: approval,
    operationId: approval.operationId,
    again: null,
    findings: approval.findings,
  };
  return [
    newEvent(context, "approval.requested", askPeople(situation, asked)),
    newEvent(context, "notification.requested", {
      audience: "human",
      webhook: null,
      reason: "approval_timeout",
      message,
      phase: task.phase,
      entry: task.entry,
      params: { gate: gate.id },
    }),
    newEvent(context, "violation.detected", {
      kind: "approval_overdue",
      command: "expire_approval",
      phase: task.phase,
      entry: task.entry,
      paths: [],
      action: "recorded",
      reasons: recordedReasons([
        { code: "approval_not_open", message, rule: gate.rule, hint: "answer the approval that was asked for again" },
      ]),
    }),
  ];
}

function judgeVerdict(
  situation: Situation,
  command: GrantApproval | DenyApproval,
  approval: ApprovalState | null,
): Reason | null {
  if (!approval) return unknown(command.approvalId);
  return (
    judgeApprover(situation, approval) ?? judgeStanding(situation, command, approval) ?? judgeOnce(situation, approval)
  );
}

/** Separation of duties first: no role makes up for having done the work. */
function judgeApprover(situation: Situation, approval: ApprovalState): Reason | null {
  const { principal } = situation.context;
  if (isAuthor(situation, principal)) {
    return {
      code: "self_approval",
      message: `\`${principal.name}\` is among the authors of this work, or belongs with one`,
      hint: "ask a person that has no part in it, or the person that owns the agent",
    };
  }
  if (principal.id !== openPrincipalId && isApprover(approval.approvers, principal)) return null;
  return {
    code: "forbidden",
    message: `\`${principal.name}\` is none of the approvers that gate \`${approval.gate}\` names`,
    hint: whoMayApprove(approval),
  };
}

function whoMayApprove(approval: ApprovalState): string {
  const missing = missingApprovals(approval);
  const words = [missing === "" ? "nothing is missing" : `it waits for ${missing}`];
  if (missing.includes("`human`")) words.push("`human` is a person with the role `approver` or `operator`");
  if (missing.includes("system `")) words.push("a system is the service of its name with the role `approver`");
  return words.join("; ");
}

function judgeStanding(
  { context }: Situation,
  command: GrantApproval | DenyApproval,
  approval: ApprovalState,
): Reason | null {
  if (approval.status !== "requested") return notOpen(approval, `the approval was ${approval.status}`);
  if (Date.parse(approval.expiresAt) <= context.now) return notOpen(approval, "the approval's time is over");
  if (command.digest === approval.digest) return null;
  return {
    code: "approval_digest_mismatch",
    message: `the approval is of \`${approval.digest}\`, not of \`${command.digest}\``,
    hint: "look at it again, and send the digest that you saw",
    next: { method: "GET", path: `/api/v1/approvals/${approval.id}` },
  };
}

function judgeOnce({ context }: Situation, approval: ApprovalState): Reason | null {
  if (!approval.grants.some((grant) => grant.by === context.principal.id)) return null;
  return notOpen(approval, `\`${context.principal.name}\` has answered already`);
}

function judgeExpiry(situation: Situation, command: ExpireApproval, approval: ApprovalState | null): Reason | null {
  const { context } = situation;
  if (context.principal.id !== serverPrincipalId) {
    return {
      code: "forbidden",
      message: "time is the server's to tell",
      hint: "deny or withdraw the approval instead",
    };
  }
  const reason = judgeOpen(command.approvalId, approval);
  if (reason || !approval || Date.parse(approval.expiresAt) <= context.now) return reason;
  return notOpen(approval, `the approval stands until \`${approval.expiresAt}\``);
}

function judgeOpen(id: string, approval: ApprovalState | null): Reason | null {
  if (!approval) return unknown(id);
  return isOpen(approval) ? null : notOpen(approval, `the approval was ${approval.status}`);
}

function unknown(id: string): Reason {
  const known = parseId("approval", id) ?? "of this id";
  return {
    code: "unknown_approval",
    message: `no approval \`${known}\``,
    hint: "list the open ones with `phasegate approvals`",
  };
}

function notOpen(approval: ApprovalState, message: string): Reason {
  return {
    code: "approval_not_open",
    message,
    hint: "nothing is to be done: the task says what it waits for now",
    next: { method: "GET", path: `/api/v1/approvals/${approval.id}` },
  };
}

function approverOf({ context }: Situation): EventData<"approval.granted">["by"] {
  const { id, kind, roles, owner, name } = context.principal;
  return { principal: id, ...(kind === "service" ? { name } : {}), kind, roles: [...roles], owner };
}
