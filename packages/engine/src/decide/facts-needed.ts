import type { FactKind, TaskId, TreeChange, TreeDigest } from "@phasegate/wire";
import { parseId } from "@phasegate/wire";
import type { CompiledPhase, CompiledTransition, CompiledWorkflow } from "@phasegate/workflow";
import type { Command } from "../commands.ts";
import type { TaskState } from "../task-state.ts";
import { freezesInForce } from "./freezes.ts";
import { findTransition, targetOf } from "./transitions.ts";

/** What is to be gathered before a command is decided. */
export interface FactsNeeded {
  readonly kinds: readonly FactKind[];
  /** Trees to which the tree now is to be compared: the entry tree first, then the frozen ones. */
  readonly compareWith: readonly TreeDigest[];
  /** Artifact types whose latest bodies are to be read. */
  readonly artifactTypes: readonly string[];
  /** Tasks whose status goes into `facts.dependencies`. */
  readonly dependencies: readonly TaskId[];
}

const nothing: FactsNeeded = { kinds: [], compareWith: [], artifactTypes: [], dependencies: [] };

/** The facts that `decide` will look at; a decision without them is a denial. */
export function factsNeeded(task: TaskState | null, command: Command, workflow: CompiledWorkflow): FactsNeeded {
  if (command.type === "create") return { ...nothing, dependencies: command.dependencies };
  const phase = task && workflow.phases.get(task.phase);
  if (!task || !phase) return nothing;
  if (command.type === "claim") return { ...nothing, dependencies: task.dependencies };
  if (command.type === "request_transition") {
    return ofTransition(task, phase, command.targetPhase, Object.keys(command.submitted));
  }
  if (command.type === "submit_review") return { ...nothing, kinds: ["tree"] };
  if (command.type === "resume_transition" && task.pendingTransition) {
    return ofTransition(task, phase, targetOf(task.pendingTransition), []);
  }
  return nothing;
}

/** Paths of `changes` whose texts the phase's rules and the freezes in force look into. */
export function contentsNeeded(
  task: TaskState,
  workflow: CompiledWorkflow,
  changes: readonly TreeChange[],
): readonly string[] {
  const phase = workflow.phases.get(task.phase);
  const paths = [
    ...(phase?.contentsNeeded(changes) ?? []),
    ...freezesInForce({ task, workflow }).flatMap(({ rule }) => rule?.contentsNeeded(changes) ?? []),
  ];
  return [...new Set(paths)];
}

function ofTransition(
  task: TaskState,
  phase: CompiledPhase,
  to: string | null,
  submitted: readonly string[],
): FactsNeeded {
  const transition = findTransition({ phase }, to);
  const waitedFor = task.blockers.flatMap((blocker) => {
    const id = blocker.resolved ? null : parseId("task", blocker.waitsFor);
    return id ? [id] : [];
  });
  return {
    kinds: transition ? kindsOf(phase, transition) : [],
    compareWith: [...new Set([task.entryTree, task.baseTree, ...task.freezes.map((freeze) => freeze.tree)])],
    artifactTypes: [...new Set([...Object.keys(task.artifacts), ...submitted])],
    dependencies: [...new Set(waitedFor)],
  };
}

function kindsOf(phase: CompiledPhase, transition: CompiledTransition): readonly FactKind[] {
  const checks = [
    ...phase.artifacts.flatMap((artifact) => artifact.validation),
    ...transition.gates.flatMap((gate) => gate.checks),
  ];
  const kinds = checks.flatMap((check) => check.needs);
  return [...new Set<FactKind>(["tree", "artifacts", ...kinds])];
}
