import type { FactKind, Facts } from "@phasegate/wire";
import type { CheckInput, CheckOutcome, CompiledCheck } from "@phasegate/workflow";
import { freezesInForce } from "./freezes.ts";
import { combine, type Judgement, nothingFound, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** Facts that an operation can wait for; the others are read with the request or not at all. */
const gatherable: readonly FactKind[] = ["evidence", "reviews", "approvals", "external"];

/** Judges every check; a check whose facts are missing or that throws does not pass. */
export function judgeChecks(situation: Situation, checks: readonly CompiledCheck[], gate: string | null): Judgement {
  return combine(checks.map((check) => judgeCheck(situation, check, gate)));
}

function judgeCheck(situation: Situation, check: CompiledCheck, gate: string | null): Judgement {
  const { definition, selfReported } = check;
  const source = selfReported ? ("self_reported" as const) : definition.source;
  const missing = check.needs.filter((kind) => !isGathered(situation.facts, kind));
  if (check.severity === "blocking" && missing.length > 0 && missing.every((kind) => gatherable.includes(kind))) {
    return { ...nothingFound, needs: missing };
  }
  const outcome = missing.length > 0 ? lacking(missing) : judgeSafely(situation, check);
  if (outcome.passed) {
    if (!selfReported) return nothingFound;
    const note = outcome.note ?? `\`${definition.name}\` passed on what the agent submitted`;
    return {
      ...nothingFound,
      selfReported: [{ check: definition.name, severity: "info", message: note, source, rule: check.rule }],
    };
  }
  const hint = check.message === null ? outcome.hint : outcome.message;
  return {
    ...nothingFound,
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
    ],
  };
}

function isGathered(facts: Facts, kind: FactKind): boolean {
  return (facts as Readonly<Record<string, unknown>>)[kind] !== undefined;
}

function lacking(missing: readonly FactKind[]): CheckOutcome {
  return { passed: false, message: `facts are missing: ${missing.map((kind) => `\`${kind}\``).join(", ")}` };
}

/** A check that throws is a bug in it; the transition is refused, not the process. */
function judgeSafely(situation: Situation, check: CompiledCheck): CheckOutcome {
  try {
    return check.definition.judge(inputOf(situation, check));
  } catch (error) {
    const cause = error instanceof Error ? error.message : "an unknown error";
    return { passed: false, message: `\`${check.definition.name}\` could not be judged: ${cause}` };
  }
}

function inputOf(situation: Situation, check: CompiledCheck): CheckInput {
  const { task, phase, workflow, facts } = situation;
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
  };
}
