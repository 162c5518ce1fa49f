import type { TaskState } from "@phasegate/engine";
import { PhasegateError, parseId } from "@phasegate/wire";
import type { PrincipalRole, TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { unknownTask } from "./task-store.ts";

const seesAll: readonly PrincipalRole[] = ["operator", "admin", "auditor", "reviewer", "approver"];

/** True for principals that may look at every task; an agent sees those that it holds or has held, unless it was made a reviewer. */
export function seesEveryTask(caller: Caller): boolean {
  const { kind, roles } = caller.principal;
  return roles.some((role) => (kind === "agent" ? role === "reviewer" : seesAll.includes(role)));
}

export function maySee(caller: Caller, task: TaskState): boolean {
  return seesEveryTask(caller) || task.authors.includes(caller.principal.id);
}

/** The task as the caller may see it; one that it may not see looks like one that is not there. */
export async function requireVisibleTask(context: ServerContext, caller: Caller, text: string): Promise<TaskState> {
  const task = await findVisibleTask(context, caller, text);
  if (!task) throw unknownTask(text);
  return task;
}

/** As `requireVisibleTask`, null instead of a refusal. */
export async function findVisibleTask(context: ServerContext, caller: Caller, text: string): Promise<TaskState | null> {
  const task = await findTask(context, text);
  return task && maySee(caller, task) ? task : null;
}

/** The task of an id from a request, whoever asks; null for what names none. */
export async function findTask(context: ServerContext, text: string): Promise<TaskState | null> {
  const id = parseId("task", text);
  return id ? await context.tasks.load(id) : null;
}

/** A task id from a request; what is none names no task. */
export function requireTaskId(text: string): TaskId {
  const id = parseId("task", text);
  if (!id) throw unknownTask(text);
  return id;
}

export function missingToken(): PhasegateError {
  return new PhasegateError("token_malformed", "Invalid or expired phase token", {
    hint: "send the phase token that claim or the last transition answered, as `phase_token` or header `Phase-Token`",
  });
}
