import type { RuleReference } from "@phasegate/wire";
import { findCheck } from "../checks/registry.ts";
import type {
  CompiledArtifact,
  CompiledCheck,
  CompiledGate,
  CompiledTransition,
  CompiledWorkflow,
} from "../model/compiled.ts";
import type {
  NormalizedArtifact,
  NormalizedCheck,
  NormalizedGate,
  NormalizedTransition,
  StoredWorkflow,
} from "../model/normalized.ts";
import { claims } from "../policy/environments.ts";
import { compileGlobs } from "../policy/globs.ts";
import { compilePatterns } from "../policy/patterns.ts";
import { compileProtected } from "../policy/protected.ts";
import { whoMayChange } from "../policy/who-may-change.ts";
import { compileArtifactSchema } from "./artifact-schema.ts";
import { compilePhase } from "./compile-phase.ts";
import { compilePlaces, type PlaceOf } from "./places.ts";

/**
 * Turns a stored workflow into lookup tables and matchers, once for each digest. Throws a TypeError on a form that
 * `loadWorkflow` did not make: one that names a check this version does not have, or holds a broken schema.
 * `alsoProtected`: globs of files that no phase changes beside those of the form.
 */
export function compileWorkflow(stored: StoredWorkflow, alsoProtected: readonly string[] = []): CompiledWorkflow {
  const { normalized, digest } = stored;
  const placeOf = compilePlaces(stored);
  const isProtected = compileProtected([...normalized.protected, ...alsoProtected]);
  const scratch = compileGlobs(normalized.workspace.scratch);
  const writers = normalized.phases.map(({ write }) => compilePatterns(write.allowed));
  const exits = normalized.transitions.map((transition, index) =>
    compileTransition(transition, `/transitions/${index}`, placeOf),
  );
  const phases = normalized.phases.map((phase, index) =>
    compilePhase({
      phase,
      index,
      isLast: index === normalized.phases.length - 1,
      placeOf: (pointer) => placeOf(`/phases/${index}${pointer}`),
      isProtected,
      isScratch: scratch,
      whoMayChange: whoMayChange(normalized.phases),
      exits: exits.filter(({ from }) => from === phase.id),
      artifacts: phase.artifacts.map((artifact, position) =>
        compileArtifact(artifact, `/phases/${index}/artifacts/${position}`, placeOf),
      ),
    }),
  );
  const [initialPhase] = phases;
  const lastPhase = phases.at(-1);
  if (!initialPhase || !lastPhase) throw new TypeError("a workflow without phases cannot be compiled");
  return {
    digest,
    normalized,
    phases: new Map(phases.map((phase) => [phase.id, phase])),
    initialPhase,
    lastPhase,
    mayBelongToTree: (path) => writers.some((patterns) => patterns.some((pattern) => claims(pattern, path))),
    isScratch: scratch,
    isTestFile: compileGlobs(normalized.workspace.testPatterns),
    isProtected,
  };
}

function compileTransition(transition: NormalizedTransition, pointer: string, placeOf: PlaceOf): CompiledTransition {
  return {
    from: transition.from,
    to: transition.to,
    kind: transition.kind,
    gates: transition.gates.map((gate, index) => compileGate(gate, `${pointer}/gates/${index}`, placeOf)),
    rule: placeOf(pointer),
    triggers: transition.triggers,
  };
}

function compileGate(gate: NormalizedGate, pointer: string, placeOf: PlaceOf): CompiledGate {
  return {
    id: gate.id,
    rule: placeOf(pointer),
    checks: gate.checks.map((check, index) => compileCheck(check, placeOf(`${pointer}/checks/${index}`))),
    autoAdvance: gate.autoAdvance,
    timeoutSeconds: gate.timeoutSeconds,
    onTimeout: gate.onTimeout,
  };
}

function compileCheck(check: NormalizedCheck, rule: RuleReference): CompiledCheck {
  const definition = findCheck(check.check);
  if (!definition) throw new TypeError(`check ${check.check} does not exist in this version`);
  return {
    definition,
    severity: check.severity,
    message: check.message,
    parameters: check.parameters,
    selfReported: check.selfReported,
    needs: check.selfReported ? ["artifacts"] : (definition.needsFor?.(check.parameters) ?? definition.needs),
    rule,
  };
}

function compileArtifact(artifact: NormalizedArtifact, pointer: string, placeOf: PlaceOf): CompiledArtifact {
  const outcome = artifact.schema === null ? null : compileArtifactSchema(artifact.schema);
  if (outcome && !outcome.ok) throw new TypeError(`the schema of artifact ${artifact.type} does not hold`);
  return {
    type: artifact.type,
    required: artifact.required,
    rule: placeOf(pointer),
    validation: artifact.validation.map((check, index) =>
      compileCheck(check, placeOf(`${pointer}/validation/${index}`)),
    ),
    validate: outcome ? outcome.validate : () => [],
  };
}
