import type { FactKind, Facts } from "@phasegate/wire";
import type { CheckInput, CheckOutcome, CompiledCheck } from "@phasegate/workflow";
import { asksPeople, missingApprovals } from "./approval-demands.ts";
import type { ApprovalQuestion } from "./approval-question.ts";
import { judgeEvidence } from "./evidence.ts";
import { freezesInForce } from "./freezes.ts";
import { combine, type Judgement, nothingFound, type Objection, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** Facts that an operation can wait for; the others are read with the request or not at all. */
const gatherable: readonly FactKind[] = ["evidence"];

/** A situation with the checks of one gate. */
interface AtGate extends Situation {
  readonly beside: ReadonlySet<string>;
}

interface Asked {
  /** The gate whose checks they are; null for those of an artifact. */
  readonly gate: string | null;
  /** What the gate asks people, and how far that is. */
  readonly question: ApprovalQuestion | null;
}

/** Judges every check; a check whose facts are missing or that throws does not pass. */
export function judgeChecks(situation: Situation, checks: readonly CompiledCheck[], asked: Asked): Judgement {
  const facts = { ...situation.facts, approvals: asked.question?.facts ?? [] };
  const beside = tellers(checks);
  return combine(checks.map((check) => judgeCheck({ ...situation, facts, beside }, check, asked)));
}

/** Checks whose findings stop the gate, and so are seen. */
function tellers(checks: readonly CompiledCheck[]): ReadonlySet<string> {
  const told = checks.filter(({ severity, selfReported }) => severity === "blocking" && !selfReported);
  return new Set(told.map(({ definition }) => definition.name));
}

function judgeCheck(situation: AtGate, check: CompiledCheck, { gate, question }: Asked): Judgement {
  const { definition, selfReported } = check;
  const source = selfReported ? ("self_reported" as const) : definition.source;
  const missing = check.needs.filter((kind) => !isGathered(situation.facts, kind));
  if (check.severity === "blocking" && missing.length > 0 && missing.every((kind) => gatherable.includes(kind))) {
    return { ...nothingFound, needs: missing };
  }
  const outcome = missing.length > 0 ? lacking(missing) : judgeGathered(situation, check, question);
  if (!outcome.passed && gate !== null && isForPeopleOnly(situation, check, question)) {
    return { ...nothingFound, unapproved: [gate] };
  }
  const seen = seenBesides(check, outcome, gate);
  const noted = seen.filter(({ finding }) => finding.severity === "info").map(({ finding }) => finding);
  const warnings = seen.filter(({ finding }) => finding.severity !== "info");
  if (outcome.passed) {
    if (!selfReported) return { ...nothingFound, objections: warnings, noted };
    const note = outcome.note ?? `\`${definition.name}\` passed on what the agent submitted`;
    return {
      ...nothingFound,
      selfReported: [{ check: definition.name, severity: "info", message: note, source, rule: check.rule }],
    };
  }
  const hint = check.message === null ? outcome.hint : outcome.message;
  return {
    ...nothingFound,
    noted,
    objections: [
      objection({
        check: definition.name,
        source,
        severity: check.severity,
        gate,
        evidenceId: outcome.evidenceId,
        reason: {
          code: "gate_blocked",
          message: check.message ?? outcome.message,
          rule: check.rule,
          hint: hint ?? `\`${definition.name}\` passes when ${definition.passesWhen}`,
        },
      }),
      ...warnings,
    ],
  };
}

/** What the check saw besides its verdict; it never blocks. */
function seenBesides(check: CompiledCheck, outcome: CheckOutcome, gate: string | null): readonly Objection[] {
  return (outcome.findings ?? []).map(({ name, severity, message, evidenceId }) =>
    objection({
      check: name,
      source: check.definition.source,
      severity,
      gate,
      evidenceId,
      reason: { code: "gate_blocked", message, rule: check.rule },
    }),
  );
}

function isGathered(facts: Facts, kind: FactKind): boolean {
  return (facts as Readonly<Record<string, unknown>>)[kind] !== undefined;
}

function lacking(missing: readonly FactKind[]): CheckOutcome {
  return { passed: false, message: `facts are missing: ${missing.map((kind) => `\`${kind}\``).join(", ")}` };
}

/** Evidence counts on the tree that is judged, approvals for the digest that is judged, and nowhere else. */
function judgeGathered(situation: AtGate, check: CompiledCheck, question: ApprovalQuestion | null): CheckOutcome {
  const foreign = isOnEvidence(check) ? judgeEvidence(situation) : null;
  if (foreign !== null) return { passed: false, message: foreign, hint: "ask again: it is gathered anew" };
  const outcome = judgeSafely(situation, check);
  if (!outcome.passed || !asksPeople(check) || question?.approved === true) return outcome;
  const missing = question?.open ? missingApprovals(question.open) : "";
  return {
    passed: false,
    message: missing === "" ? "nobody approved exactly this" : `the gate still waits for ${missing}`,
    hint: "the approval is asked for with the transition",
  };
}

function isOnEvidence(check: CompiledCheck): boolean {
  return !check.selfReported && check.needs.includes("evidence");
}

/** Strict mode waits for people; the others note what is missing. */
function isForPeopleOnly({ workflow }: Situation, check: CompiledCheck, question: ApprovalQuestion | null): boolean {
  const waits = check.severity === "blocking" && workflow.normalized.mode === "strict";
  return waits && asksPeople(check) && question !== null;
}

/** A check that throws is a bug in it; the transition is refused, not the process. */
function judgeSafely(situation: AtGate, check: CompiledCheck): CheckOutcome {
  try {
    return check.definition.judge(inputOf(situation, check));
  } catch (error) {
    const cause = error instanceof Error ? error.message : "an unknown error";
    return { passed: false, message: `\`${check.definition.name}\` could not be judged: ${cause}` };
  }
}

function inputOf(situation: AtGate, check: CompiledCheck): CheckInput {
  const { task, phase, workflow, facts, beside } = situation;
  return {
    workflow,
    phase: phase.id,
    parameters: check.parameters,
    facts,
    entryTree: task.entryTree,
    baseTree: task.baseTree,
    freezes: freezesInForce(situation).map(({ state, rule }) => ({
      phase: state.phase,
      tree: state.tree,
      rule: rule?.rule ?? phase.rule,
    })),
    selfReported: check.selfReported,
    beside,
  };
}
