import { readyToComplete } from "@phasegate/engine";
import type { RequestTransition, TaskState, TokenClaims } from "@phasegate/engine";
import type { Caller, ServerContext } from "../context.ts";
import { makeOperationId } from "../operations/operation-id.ts";
import { requestTransition } from "./request-transition.ts";

/**
 * Agents that know only the older calls end a task by committing or releasing in its last phase. Once all artifacts of
 * that phase are in, this judges completion as if they had asked; true when the task is completed.
 */
export async function completeLastPhase(
  context: ServerContext,
  caller: Caller,
  task: TaskState,
  token: TokenClaims,
): Promise<boolean> {
  const workflow = await context.tasks.workflowOf(task);
  if (!readyToComplete(task, workflow)) return false;
  const input: Pick<RequestTransition, "currentPhase" | "targetPhase"> = {
    currentPhase: task.phase,
    targetPhase: null,
  };
  await requestTransition(context, caller, makeOperationId(context.ids, task.id), {
    task,
    token,
    artifacts: {},
    ...input,
  });
  return (await context.tasks.require(task.id)).status === "completed";
}
