import type { Finding, NewEvent, Reason } from "@phasegate/wire";
import type { CompiledGate, CompiledTransition } from "@phasegate/workflow";
import type { Decision } from "../commands.ts";
import type { ArtifactState, PendingTransition } from "../task-state.ts";
import { allow, deny, newEvent, pending, recordedReasons } from "./answer.ts";
import type { ApprovalQuestion } from "./approval-question.ts";
import { judgeArtifacts } from "./artifacts.ts";
import { askedOf, awaitPeople, withdrawOutdated, withdrawRest } from "./awaiting.ts";
import { standingBlockers } from "./blockers.ts";
import { judgeChecks } from "./checks.ts";
import { noteEarlierObjections } from "./earlier-objections.ts";
import { grant } from "./grant.ts";
import { combine, type Judgement, nothingFound, objection } from "./judgement.ts";
import { weigh } from "./modes.ts";
import { judgeReplaced } from "./resubmission.ts";
import { standingReviews } from "./reviews.ts";
import type { Situation } from "./situation.ts";
import { noteUntestedMerge } from "./synced.ts";
import { judgeTree } from "./tree.ts";

/** A transition on its way to a decision. */
export interface Exit {
  readonly transition: CompiledTransition;
  readonly request: Omit<PendingTransition, "requestedAt" | "approvals">;
  readonly newTokenId: PendingTransition["tokenId"];
  /** The latest submission of each artifact type. */
  readonly artifacts: Readonly<Record<string, Pick<ArtifactState, "digest" | "phase" | "approved" | "replaced">>>;
  /** What was sent and is not kept. */
  readonly refused: Judgement;
}

/**
 * Judges a way out of the phase on the facts at hand: everything that stands against it is named at once. `before` are
 * the events that ask; the answer's events follow them. A way back asks for no artifacts and stops at no blocker, yet
 * lets no forbidden change through. What only people can give is asked for last, when nothing else is missing.
 */
export function judgeExit(given: Situation, exit: Exit, before: readonly NewEvent[]): Decision {
  // INVARIANT: approvals and reviews are those of the ledger, whatever facts came with the command.
  const situation = { ...given, facts: { ...given.facts, reviews: standingReviews(given, exit.artifacts) } };
  const gates = exit.transition.gates.filter((gate) => !isOverridden(situation, gate));
  const overridden = gates.length < exit.transition.gates.length;
  const questions = askedOf(situation, exit, gates);
  const judged = combine([
    exit.refused,
    judgeReplaced(exit.artifacts),
    ...(exit.request.kind === "rework" ? [] : [noteEarlierObjections(given, gates)]),
    ...(exit.request.kind === "rework" ? [] : [judgeArtifacts(situation)]),
    judgeTree(situation, exit.request.kind),
    ...(exit.request.kind === "rework" ? [] : [noteUntestedMerge(situation.task)]),
    ...(exit.request.kind === "rework" ? [] : [judgeBlockers(situation)]),
    ...gates.map((gate) =>
      judgeChecks(situation, gate.checks, {
        gate: gate.id,
        question: questions.find((question) => question.gate === gate) ?? null,
      }),
    ),
  ]);
  const blocking = judged.objections.filter((one) => one.finding.severity === "blocking");
  const { denials, relaxed } = weigh(
    situation.workflow.normalized.mode,
    blocking.map((one) => one.reason),
  );
  const findings = [...judged.objections.map((one) => one.finding), ...judged.selfReported, ...judged.noted];
  const outdated = withdrawOutdated(situation, questions, judged.needs);
  if (denials.length > 0) {
    const failing = new Set(blocking.map((one) => one.gate));
    const gate = failing.size === 1 ? (blocking[0]?.gate ?? null) : null;
    const blocked = gateBlocked(situation, exit, { gate, reasons: denials, findings, wouldDeny: false });
    return deny(denials, [...before, ...outdated, blocked], { findings });
  }
  if (judged.needs.length > 0) return pending(judged.needs, [...before, ...outdated]);
  if (judged.unapproved.length > 0) {
    const lacking = questions.filter((question) => judged.unapproved.includes(question.gate.id));
    const { events, approval } = awaitPeople(situation, exit.request.operationId, lacking, findings);
    return pending(["approvals"], [...before, ...outdated, ...events], approval);
  }
  const advice = judged.objections.filter((one) => one.finding.severity !== "blocking").map((one) => one.reason);
  const used = questions.filter(({ approved, gate }) => approved && !blocking.some((one) => one.gate === gate.id));
  const granted = grant(situation, exit, { findings, selfReported: usesAgentsWord(judged), overridden });
  const events = [
    ...before,
    ...outdated,
    ...(relaxed.length > 0
      ? [gateBlocked(situation, exit, { gate: null, reasons: relaxed, findings, wouldDeny: true })]
      : []),
    ...gatesPassed(situation, exit, gates, judged, used),
    ...withdrawRest(situation, questions, used),
    ...granted.events,
  ];
  return allow(events, {
    findings,
    warnings: [...relaxed, ...advice],
    ...(granted.payloads.length > 0 ? { payloads: granted.payloads } : {}),
  });
}

/** In force: for this gate and this entry, until it expires. */
function isOverridden({ task, context }: Situation, gate: CompiledGate): boolean {
  return task.overrides.some(
    (override) =>
      override.gate === gate.id && override.entry === task.entry && Date.parse(override.expiresAt) > context.now,
  );
}

function judgeBlockers(situation: Situation): Judgement {
  return {
    ...nothingFound,
    objections: standingBlockers(situation).map((blocker) =>
      objection({
        check: "blocker_open",
        source: "ledger",
        reason: {
          code: "blocker_open",
          message: blocker.text,
          hint: `the blocker \`${blocker.id}\` must be resolved first`,
          next: {
            method: "POST",
            path: `/api/v1/tasks/${situation.task.id}/blockers/${blocker.id}/resolve`,
            body: {},
          },
        },
      }),
    ),
  };
}

function usesAgentsWord(judged: Judgement): boolean {
  return judged.selfReported.length > 0 || judged.objections.some((one) => one.finding.source === "self_reported");
}

function gateBlocked(
  { task, facts, context }: Situation,
  exit: Exit,
  blocked: {
    readonly gate: string | null;
    readonly reasons: readonly Reason[];
    readonly findings: readonly Finding[];
    readonly wouldDeny: boolean;
  },
): NewEvent {
  return newEvent(context, "gate.blocked", {
    operation_id: exit.request.operationId,
    from: task.phase,
    to: exit.request.to,
    gate: blocked.gate,
    tree: facts.tree?.digest ?? null,
    reasons: recordedReasons(blocked.reasons),
    findings: [...blocked.findings],
    would_deny: blocked.wouldDeny,
  });
}

/** One event a gate that let the task through; a way without gates has one, of no gate. */
function gatesPassed(
  { task, facts, context }: Situation,
  exit: Exit,
  gates: readonly CompiledGate[],
  judged: Judgement,
  used: readonly ApprovalQuestion[],
): readonly NewEvent[] {
  const blocking = judged.objections.filter((one) => one.finding.severity === "blocking");
  const passed: readonly (string | null)[] =
    exit.transition.gates.length > 0
      ? gates.map((gate) => gate.id).filter((id) => !blocking.some((one) => one.gate === id))
      : [null].filter(() => blocking.length === 0);
  return passed.map((gate) =>
    newEvent(context, "gate.passed", {
      operation_id: exit.request.operationId,
      from: task.phase,
      to: exit.request.to,
      gate,
      tree: facts.tree?.digest ?? task.entryTree,
      findings: judged.objections.filter((one) => one.gate === gate).map((one) => one.finding),
      ...approvalUsed(used, gate),
    }),
  );
}

function approvalUsed(used: readonly ApprovalQuestion[], gate: string | null): { readonly approval_id?: string } {
  const open = used.find((question) => question.gate.id === gate)?.open;
  return open ? { approval_id: open.id } : {};
}
