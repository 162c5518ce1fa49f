import type { JsonObject } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { completeLastPhase } from "../transitions/complete-last-phase.ts";
import { endHold } from "./hold.ts";
import { taskAnswer } from "./task-answer.ts";
import { requireTokenTask } from "./token-task.ts";

/** Gives a task back; in its last phase, with all artifacts in, a release asks for completion first. */
export async function releaseTask(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  phaseToken: string | null,
  reason: string,
): Promise<JsonObject> {
  const { task, token } = await requireTokenTask(context, caller, taskId, phaseToken, "release");
  const { decision } = await context.tasks.preview(task.id, caller, { type: "release", token, reason }, {});
  if (decision.effect === "allow" && (await completeLastPhase(context, caller, task, token))) {
    return taskAnswer(context, await context.tasks.require(task.id));
  }
  return endHold(context, caller, taskId, phaseToken, (claims) => ({ type: "release", token: claims, reason }));
}
