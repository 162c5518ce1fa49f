import type { CompiledWorkflow } from "@phasegate/workflow";
import type { TaskState } from "../task-state.ts";

/**
 * True when the task is worked on in its last phase and every artifact that the phase requires was submitted: then a
 * commit or a release of an agent that knows no `complete` asks for it.
 */
export function readyToComplete(task: TaskState, workflow: CompiledWorkflow): boolean {
  const phase = workflow.phases.get(task.phase);
  if (!phase?.isLast || task.status !== "active") return false;
  return phase.artifacts.every((artifact) => !artifact.required || Object.hasOwn(task.artifacts, artifact.type));
}
