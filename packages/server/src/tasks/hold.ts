import type { Command, TaskState, TokenClaims } from "@phasegate/engine";
import { PhasegateError, parseId } from "@phasegate/wire";
import type { BlockerId, JsonObject } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { evidenceJob } from "../transitions/pending-jobs.ts";
import { requireTaskId, requireVisibleTask } from "./access.ts";
import { tokenMint } from "./mint.ts";
import { taskAnswer } from "./task-answer.ts";
import { requireTokenTask } from "./token-task.ts";
import type { DecideRequest, Decided } from "./task-store.ts";

/** Decides a command on a task; a denial becomes its problem document. */
export async function decideOrThrow(
  context: ServerContext,
  caller: Caller,
  task: TaskState,
  command: Command,
  options: Pick<DecideRequest, "lease" | "jobs" | "payloads"> = {},
): Promise<Decided> {
  const decided = await context.tasks.decide({ taskId: task.id, caller, command, facts: {}, ...options });
  const reason = decided.decision.reasons[0];
  if (decided.decision.effect !== "allow") {
    throw reason ? PhasegateError.fromReason(reason) : new PhasegateError("internal_error", "denied without a reason");
  }
  return decided;
}

/** Heartbeat and token renewal: the holder, by token or key, keeps its lease and gets a token of the same epoch. */
export async function renewHold(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  phaseToken: string | null,
  kind: "heartbeat" | "token",
): Promise<RouteAnswer> {
  const { task, token } =
    phaseToken === null
      ? { task: await requireVisibleTask(context, caller, taskId), token: null }
      : await requireTokenTask(context, caller, taskId, phaseToken, kind);
  const { task: held, workflow } = await decideOrThrow(context, caller, task, { type: "renew", token });
  const leaseExpiresAt =
    kind === "heartbeat" ? await context.leases.heartbeat(held, workflow) : await context.leases.extend(held, workflow);
  return {
    status: 200,
    body: { phase_token: null, lease_expires_at: new Date(leaseExpiresAt).toISOString() },
    mint: tokenMint(held, workflow, context.ids.make("token"), "phase_token"),
  };
}

/** The holder gives the task back, or up. What it left running ends before the task is offered again. */
export async function endHold(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  phaseToken: string | null,
  command: (token: TokenClaims) => Command,
): Promise<JsonObject> {
  const { task, token } = await requireTokenTask(context, caller, taskId, phaseToken, "release");
  const judged = command(token);
  const looked = await context.tasks.preview(task.id, caller, judged, {});
  if (looked.decision.effect === "allow") await context.runner.fence(task.id, looked.task.epoch + 1);
  const decided = await decideOrThrow(context, caller, task, judged, { lease: null });
  return taskAnswer(context, decided.task);
}

/**
 * An operator's word on a task. `fence`: whoever holds it is cut off first. A transition that waits for people is judged again
 * once the word is recorded: an override may have been all that it lacked.
 */
export async function operateTask(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  command: Command,
  options: { fence: boolean },
): Promise<JsonObject> {
  const task = await context.tasks.require(requireTaskId(taskId));
  if (!options.fence) {
    const jobs: DecideRequest["jobs"] = (decided) => {
      const [first] = task.approvals.filter((one) => one.operationId === decided.task.pendingTransition?.operationId);
      return first && decided.task.status === "awaiting_approval" ? evidenceJob(context, decided, first.tree) : [];
    };
    return taskAnswer(context, (await decideOrThrow(context, caller, task, command, { jobs })).task);
  }
  const looked = await context.tasks.preview(task.id, caller, command, {});
  if (looked.decision.effect === "allow") await context.runner.fence(task.id, looked.task.epoch + 1);
  return taskAnswer(context, (await decideOrThrow(context, caller, task, command, { lease: null })).task);
}

/** Records something that stands in the way; it shows in snapshots until it is resolved. */
export async function recordBlocker(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  input: { text: string; waits_for?: string },
): Promise<JsonObject> {
  const task = await requireVisibleTask(context, caller, taskId);
  const blockerId = context.ids.make("blocker");
  await decideOrThrow(context, caller, task, {
    type: "record_blocker",
    blockerId,
    text: input.text,
    waitsFor: input.waits_for ?? null,
  });
  return { id: blockerId, text: input.text, waits_for: input.waits_for ?? null, resolved: false };
}

export async function resolveBlocker(
  context: ServerContext,
  caller: Caller,
  taskId: string,
  blocker: string,
): Promise<JsonObject> {
  const task = await requireVisibleTask(context, caller, taskId);
  const blockerId = parseId("blocker", blocker) ?? (blocker as BlockerId);
  const { task: after } = await decideOrThrow(context, caller, task, { type: "resolve_blocker", blockerId });
  const found = after.blockers.find((one) => one.id === blockerId);
  return { id: blockerId, text: found?.text ?? "", waits_for: found?.waitsFor ?? null, resolved: true };
}
