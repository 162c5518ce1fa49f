import { digestJson, type Digest, type JsonValue } from "@phasegate/wire";
import { type CompiledPhase, redIdentitiesOf, redTreePaths } from "@phasegate/workflow";
import type { TestNamesState } from "../task-state.ts";
import { judgeEvidence } from "./evidence.ts";
import type { Exit } from "./exit.ts";
import type { Situation } from "./situation.ts";

/** Names of tests in force after a transition, and the payloads that list those found by its gate. */
export interface TestNames {
  readonly red: readonly TestNamesState[];
  readonly passed: readonly TestNamesState[];
  readonly payloads: readonly { readonly digest: Digest; readonly body: JsonValue }[];
}

/**
 * Going on keeps what was red and what passed in this phase for every gate to come; going back undoes what the target
 * phase and those after it found.
 */
export function testNamesAfter(situation: Situation, exit: Exit, target: CompiledPhase): TestNames {
  const { task, phase, workflow } = situation;
  const isBack = exit.transition.kind === "rework" || target.index <= phase.index;
  const kept = (names: readonly TestNamesState[]): readonly TestNamesState[] =>
    names.filter((one) =>
      isBack ? (workflow.phases.get(one.phase)?.index ?? -1) < target.index : one.phase !== phase.id,
    );
  const found = isBack ? nothing : namesFound(situation);
  const added = (names: readonly JsonValue[]): readonly TestNamesState[] =>
    names.length === 0 ? [] : [{ phase: phase.id, entry: task.entry, digest: digestJson(names) }];
  return {
    red: [...kept(task.redIdentities), ...added(found.red)],
    passed: [...kept(task.passedEarlier), ...added(found.passed)],
    payloads: [found.red, found.passed]
      .filter((names) => names.length > 0)
      .map((names) => ({ digest: digestJson(names), body: names as JsonValue })),
  };
}

const nothing: { readonly red: readonly JsonValue[]; readonly passed: readonly JsonValue[] } = { red: [], passed: [] };

function namesFound(situation: Situation): typeof nothing {
  const { task, phase, workflow, facts } = situation;
  if (!facts.evidence || judgeEvidence(situation) !== null) return nothing;
  const { current } = facts.evidence;
  const subject = {
    facts,
    baseTree: task.baseTree,
    isTestFile: (path: string) => workflow.isTestFile(path),
    mayWrite: redTreePaths(phase),
  };
  const red = facts.evidence.red ? redIdentitiesOf(subject) : [];
  const passed = current?.cases.filter(({ outcome }) => outcome === "passed").map(({ identity }) => identity) ?? [];
  return { red: red.map((one) => ({ ...one })), passed: [...new Set(passed)].sort() };
}
