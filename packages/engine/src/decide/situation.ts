import type { Facts } from "@phasegate/wire";
import type { CompiledPhase, CompiledWorkflow } from "@phasegate/workflow";
import type { CommandContext } from "../commands.ts";
import type { TaskState } from "../task-state.ts";

/** All that a decision about an existing task looks at. */
export interface Situation {
  readonly task: TaskState;
  /** The phase that the task is in. */
  readonly phase: CompiledPhase;
  readonly workflow: CompiledWorkflow;
  readonly facts: Facts;
  readonly context: CommandContext;
}

export function isOperator(situation: Pick<Situation, "context">): boolean {
  return situation.context.principal.roles.includes("operator");
}

export function isHolder(situation: Situation): boolean {
  return situation.task.holder?.principal === situation.context.principal.id;
}
