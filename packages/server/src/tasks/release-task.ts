import type { JsonObject } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { verifyToken } from "../tools/tool-request.ts";
import { completeLastPhase } from "../transitions/complete-last-phase.ts";
import { requireTaskId } from "./access.ts";
import { endHold } from "./hold.ts";
import { taskAnswer } from "./task-answer.ts";

/** Gives a task back; in its last phase, with all artifacts in, a release asks for completion first. */
export async function releaseTask(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  phaseToken: string | null,
  reason: string,
): Promise<JsonObject> {
  const task = await context.tasks.require(requireTaskId(taskId));
  const token = await verifyToken(context, caller, task, phaseToken, "release");
  const { decision } = await context.tasks.preview(task.id, caller, { type: "release", token, reason }, {});
  if (decision.effect === "allow" && (await completeLastPhase(context, caller, task, token))) {
    return taskAnswer(context, await context.tasks.require(task.id));
  }
  return endHold(context, caller, taskId, phaseToken, (claims) => ({ type: "release", token: claims, reason }));
}
