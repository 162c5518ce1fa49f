import type { FactKind, Finding, NewEvent, OperationId } from "@phasegate/wire";
import type { CompiledGate } from "@phasegate/workflow";
import type { Decision } from "../commands.ts";
import { newEvent } from "./answer.ts";
import {
  type ApprovalQuestion,
  askPeople,
  isOfAnother,
  openApprovals,
  questionOf,
  withdrawApprovals,
} from "./approval-question.ts";
import type { Exit } from "./exit.ts";
import type { Situation } from "./situation.ts";

/** What the gates of a way out ask people now. */
export function askedOf(situation: Situation, exit: Exit, gates: readonly CompiledGate[]): readonly ApprovalQuestion[] {
  const { phase } = situation;
  const checks = [
    ...gates.flatMap((gate) => gate.checks),
    ...phase.artifacts.flatMap((artifact) => artifact.validation),
  ];
  const withEvidence = checks.some((check) => !check.selfReported && check.needs.includes("evidence"));
  const artifacts = Object.fromEntries(Object.entries(exit.artifacts).map(([type, { digest }]) => [type, digest]));
  return gates.flatMap((gate) => questionOf(situation, gate, { artifacts, withEvidence }) ?? []);
}

/**
 * Asks for what is missing, each gate once: the same question to people stays the same approval, whoever holds the task
 * by now. One whose time is over, or whose approver had a part in the work since, is asked anew.
 */
export function awaitPeople(
  situation: Situation,
  operationId: OperationId,
  lacking: readonly ApprovalQuestion[],
  findings: readonly Finding[],
): { readonly events: readonly NewEvent[]; readonly approval: Decision["approval"] } {
  const asked = lacking.map((question) => ask(situation, operationId, question, findings));
  return { events: asked.flatMap(({ events }) => events), approval: asked[0]?.approval };
}

/** What was asked about another state of the work is asked no more. */
export function withdrawOutdated(
  situation: Situation,
  questions: readonly ApprovalQuestion[],
  needs: readonly FactKind[],
): readonly NewEvent[] {
  const outdated = questions.flatMap(({ gate, subject }) =>
    openApprovals(situation).filter((one) => one.gate === gate.id && isOfAnother(one, subject, needs.length === 0)),
  );
  return withdrawApprovals(situation, outdated, "what was to be approved has changed");
}

/** Leaving the phase ends every question of the stay that was not answered by it. */
export function withdrawRest(
  situation: Situation,
  questions: readonly ApprovalQuestion[],
  used: readonly ApprovalQuestion[],
): readonly NewEvent[] {
  const rest = openApprovals(situation).filter((one) => {
    const question = questions.find(({ gate }) => gate.id === one.gate);
    const isOutdated = question !== undefined && isOfAnother(one, question.subject, true);
    return !isOutdated && !used.some(({ open }) => open?.id === one.id);
  });
  return withdrawApprovals(situation, rest, "the phase was left");
}

function ask(
  situation: Situation,
  operationId: OperationId,
  { gate, subject, open }: ApprovalQuestion,
  findings: readonly Finding[],
): { readonly events: readonly NewEvent[]; readonly approval: Decision["approval"] } {
  const { context } = situation;
  const inTime = open !== null && Date.parse(open.expiresAt) > context.now;
  const again = inTime && open.status === "requested" ? open : null;
  const data = askPeople(situation, { gate, subject, operationId, again, findings });
  const approval = {
    id: data.approval_id as NonNullable<Decision["approval"]>["id"],
    gate: gate.id,
    digest: subject.digest,
    expiresAt: data.expires_at,
  };
  if (again?.operationId === operationId) return { events: [], approval };
  const requested = newEvent(context, "approval.requested", data);
  if (again || !open) return { events: [requested], approval };
  const ended = inTime
    ? withdrawApprovals(situation, [open], "an approver had a part in the work since")
    : [newEvent(context, "approval.expired", { approval_id: open.id })];
  return { events: [...ended, requested], approval };
}
