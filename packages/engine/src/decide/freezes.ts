import type { ContentPair, Reason, TreeChange } from "@phasegate/wire";
import type { ChangeDenial, CompiledFreeze } from "@phasegate/workflow";
import type { FreezeState } from "../task-state.ts";
import type { Situation } from "./situation.ts";

/** A freeze in force, with its rule; null where the workflow has none for it, which nothing satisfies. */
export interface FreezeInForce {
  readonly state: FreezeState;
  readonly rule: CompiledFreeze | null;
}

export function freezesInForce({ task, workflow }: Pick<Situation, "task" | "workflow">): readonly FreezeInForce[] {
  return task.freezes.map((state) => ({ state, rule: workflow.phases.get(state.phase)?.freeze ?? null }));
}

/** Whether a path may be written under the freezes in force, before anything is. At most one reason. */
export function judgeFrozenPath(situation: Situation, path: string, exists: boolean): readonly Reason[] {
  for (const { state, rule } of freezesInForce(situation)) {
    if (!rule) return [unreadable(state)];
    const verdict = rule.judgePath(path, exists);
    if (!verdict.allowed) return [verdict.reason];
  }
  return [];
}

/** The changes that a freeze in force forbids, one denial a path. */
export function judgeFrozenChanges(
  situation: Situation,
  changes: readonly TreeChange[],
  contents: Readonly<Record<string, ContentPair>>,
): readonly ChangeDenial[] {
  return freezesInForce(situation).flatMap(({ state, rule }) =>
    rule ? rule.judgeChanges(changes, contents) : changes.map(({ path }) => ({ path, reason: unreadable(state) })),
  );
}

function unreadable(state: FreezeState): Reason {
  return {
    code: "internal_error",
    message: `the freeze of phase \`${state.phase}\` has no rule in the workflow`,
    hint: "ask an operator to look at the task",
  };
}
