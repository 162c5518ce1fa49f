import type { EventData, Finding, NewEvent, TreeDigest } from "@phasegate/wire";
import type { CompiledPhase } from "@phasegate/workflow";
import { newEvent } from "./answer.ts";
import type { Exit } from "./exit.ts";
import type { Situation } from "./situation.ts";
import { triggersOf } from "./triggers.ts";
import { type TestNames, testNamesAfter } from "./test-names.ts";

interface Outcome {
  readonly findings: readonly Finding[];
  readonly selfReported: boolean;
  readonly overridden: boolean;
}

/** The events of a transition that was granted, and the bodies that they refer to. */
export interface Grant {
  readonly events: readonly NewEvent[];
  readonly payloads: TestNames["payloads"];
}

/** Grants: the next entry begins on the tree that was judged, or the task ends. */
export function grant(situation: Situation, exit: Exit, outcome: Outcome): Grant {
  const { task, workflow, facts, context } = situation;
  const tree = facts.tree?.digest ?? task.entryTree;
  const marks = {
    warnings: outcome.findings.slice(),
    self_reported: outcome.selfReported,
    overridden: outcome.overridden,
  };
  const operationId = exit.request.operationId;
  const target = exit.transition.to === null ? null : workflow.phases.get(exit.transition.to);
  if (!target) {
    const ended = {
      phase: task.phase,
      epoch: task.epoch + 1,
      tree,
      consumed_token_id: exit.request.tokenId,
      operation_id: operationId,
    };
    return { events: [newEvent(context, "task.completed", { ...ended, ...marks })], payloads: [] };
  }
  const triggers = triggersOf(workflow, task.phase, target.id);
  const names = testNamesAfter(situation, exit, target);
  const transitioned = newEvent(context, "task.transitioned", {
    from: task.phase,
    to: target.id,
    kind: exit.transition.kind,
    operation_id: operationId,
    entry: task.entry + 1,
    epoch: task.epoch + 1,
    tree,
    freezes: freezesAfter(situation, exit, target, tree),
    ...(names.red.length > 0 ? { red: names.red.map((one) => ({ ...one })) } : {}),
    ...(names.passed.length > 0 ? { passed: names.passed.map((one) => ({ ...one })) } : {}),
    consumed_token_id: exit.request.tokenId,
    token_id: exit.newTokenId,
    ...(triggers.length > 0 ? { triggers: triggers.map(({ action }) => action) } : {}),
    ...marks,
  });
  const { payloads } = names;
  if (!isNothingToDo(target)) return { events: [transitioned], payloads };
  const completed = newEvent(context, "task.completed", {
    phase: target.id,
    epoch: task.epoch + 2,
    tree,
    consumed_token_id: null,
    operation_id: operationId,
    ...marks,
  });
  return { events: [transitioned, completed], payloads };
}

/** Going back lifts what the target phase and those after it froze; going on adds what this phase freezes. */
function freezesAfter(
  { task, phase, workflow }: Situation,
  exit: Exit,
  target: CompiledPhase,
  tree: TreeDigest,
): EventData<"task.transitioned">["freezes"] {
  const kept = task.freezes.filter((freeze) => freeze.phase !== phase.id || exit.transition.kind === "rework");
  if (exit.transition.kind === "rework" || target.index <= phase.index) {
    return kept.filter((freeze) => (workflow.phases.get(freeze.phase)?.index ?? -1) < target.index);
  }
  return phase.freeze ? [...kept, { phase: phase.id, entry: task.entry, tree }] : kept;
}

/** A last phase without tools, artifacts and gates completes on entry. */
function isNothingToDo(phase: CompiledPhase): boolean {
  return (
    phase.isLast &&
    phase.allowedTools.length === 0 &&
    phase.artifacts.length === 0 &&
    phase.exits.every((exit) => exit.gates.length === 0)
  );
}
