import type { RuleReference } from "@phasegate/wire";
import { findCheck } from "../checks/registry.ts";
import { compilePlaces, type PlaceOf } from "../compile/places.ts";
import type { NormalizedCheck, NormalizedPhase, StoredWorkflow } from "../model/normalized.ts";
import { patternText } from "../policy/patterns.ts";

export interface PhaseExplanation {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly rule: RuleReference;
  readonly tools: {
    readonly allowed: readonly string[];
    readonly forbidden: readonly string[];
    readonly rule: RuleReference;
  };
  /** Empty `allowed`: the phase may change nothing. */
  readonly write: {
    readonly allowed: readonly string[];
    readonly forbidden: readonly string[];
    readonly rule: RuleReference;
  };
  readonly commands: NormalizedPhase["bash"] & { readonly rule: RuleReference };
  readonly freeze: {
    readonly paths: readonly string[];
    readonly mayAdd: readonly string[];
    readonly rule: RuleReference;
  } | null;
  readonly artifacts: readonly {
    readonly type: string;
    readonly hasSchema: boolean;
    readonly checks: readonly ExplainedCheck[];
    readonly rule: RuleReference;
  }[];
  readonly exits: readonly ExplainedExit[];
}

export interface ExplainedCheck {
  readonly check: string;
  readonly passesWhen: string;
  readonly severity: string;
  readonly selfReported: boolean;
  readonly rule: RuleReference;
}

export interface ExplainedExit {
  /** null: the end of the task. */
  readonly to: string | null;
  readonly kind: "forward" | "rework";
  readonly gates: readonly {
    readonly id: string;
    readonly checks: readonly ExplainedCheck[];
    readonly rule: RuleReference;
  }[];
  readonly rule: RuleReference;
}

/** What a phase allows and demands, each with the place of its rule; null when the workflow has no such phase. */
export function explainPhase(
  stored: Pick<StoredWorkflow, "normalized" | "positions">,
  phaseId: string,
): PhaseExplanation | null {
  const { normalized } = stored;
  const index = normalized.phases.findIndex(({ id }) => id === phaseId);
  const phase = normalized.phases[index];
  if (!phase) return null;
  const placeOf = compilePlaces(stored);
  const at = (pointer: string): RuleReference => placeOf(`/phases/${index}${pointer}`);
  return {
    id: phase.id,
    name: phase.name,
    description: phase.description,
    rule: at(""),
    tools: { allowed: phase.allowedTools, forbidden: phase.forbiddenTools, rule: at("/allowedTools") },
    write: {
      allowed: phase.write.allowed.map(patternText),
      forbidden: phase.write.forbidden.map(patternText),
      rule: at("/write"),
    },
    commands: { ...phase.bash, rule: at("/bash") },
    freeze: phase.freeze
      ? { paths: phase.freeze.paths.map(patternText), mayAdd: phase.freeze.mayAdd, rule: at("/freeze") }
      : null,
    artifacts: phase.artifacts.map((artifact, position) => ({
      type: artifact.type,
      hasSchema: artifact.schema !== null,
      checks: artifact.validation.map((check, rank) =>
        explainCheck(check, at(`/artifacts/${position}/validation/${rank}`)),
      ),
      rule: at(`/artifacts/${position}`),
    })),
    exits: explainExits(stored, phase.id, placeOf),
  };
}

function explainExits(
  stored: Pick<StoredWorkflow, "normalized">,
  phase: string,
  placeOf: PlaceOf,
): readonly ExplainedExit[] {
  return stored.normalized.transitions.flatMap((transition, index) => {
    if (transition.from !== phase) return [];
    const pointer = `/transitions/${index}`;
    const gates = transition.gates.map((gate, position) => ({
      id: gate.id,
      checks: gate.checks.map((check, rank) =>
        explainCheck(check, placeOf(`${pointer}/gates/${position}/checks/${rank}`)),
      ),
      rule: placeOf(`${pointer}/gates/${position}`),
    }));
    return [{ to: transition.to, kind: transition.kind, gates, rule: placeOf(pointer) }];
  });
}

function explainCheck(check: NormalizedCheck, rule: RuleReference): ExplainedCheck {
  return {
    check: check.check,
    passesWhen: findCheck(check.check)?.passesWhen ?? "",
    severity: check.severity,
    selfReported: check.selfReported,
    rule,
  };
}

/** The explanation as lines of plain text, each with the place of its rule. */
export function explanationText(explanation: PhaseExplanation): string {
  const lines: string[] = [];
  const line = (text: string, rule: RuleReference): unknown => lines.push(`${text}  (${rule})`);
  const listed = (values: readonly string[], none: string): string => (values.length === 0 ? none : values.join(", "));
  const { tools, write, commands, freeze } = explanation;
  line(
    explanation.name === explanation.id ? explanation.id : `${explanation.id}: ${explanation.name}`,
    explanation.rule,
  );
  if (explanation.description !== null) lines.push(`  ${explanation.description}`);
  line(`  tools: ${listed(tools.allowed, "none")}`, tools.rule);
  line(`  may change: ${listed(write.allowed, "nothing")}`, write.rule);
  if (write.forbidden.length > 0) line(`  may not change: ${write.forbidden.join(", ")}`, write.rule);
  if (tools.allowed.includes("bash")) {
    line(`  commands: ${commands.allowedCommands ? listed(commands.allowedCommands, "none") : "any"}`, commands.rule);
    if (commands.forbiddenCommands.length > 0) line(`  not: ${commands.forbiddenCommands.join(", ")}`, commands.rule);
    line(`  network: ${commands.network}; ${commands.timeoutSeconds} s a command`, commands.rule);
  }
  if (freeze) {
    const added = freeze.mayAdd.length > 0 ? `; new files may come at ${freeze.mayAdd.join(", ")}` : "";
    line(`  fixed when left: ${freeze.paths.join(", ")}${added}`, freeze.rule);
  }
  for (const artifact of explanation.artifacts) {
    line(`  artifact: ${artifact.type}${artifact.hasSchema ? " (by its schema)" : ""}`, artifact.rule);
    for (const check of artifact.checks) line(`    ${checkText(check)}`, check.rule);
  }
  for (const exit of explanation.exits) {
    line(`  ${exit.kind === "rework" ? "back to" : "on to"} ${exit.to ?? "the end of the task"}`, exit.rule);
    for (const check of exit.gates.flatMap(({ checks }) => checks)) line(`    ${checkText(check)}`, check.rule);
  }
  return `${lines.join("\n")}\n`;
}

function checkText(check: ExplainedCheck): string {
  const source = check.selfReported ? "; the agent's word" : "";
  return `${check.check} [${check.severity}${source}]: ${check.passesWhen}`;
}
