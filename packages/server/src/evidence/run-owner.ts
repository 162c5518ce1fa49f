import type { TaskState } from "@phasegate/engine";
import type { ServerContext } from "../context.ts";

/** For whom a task's evidence runs: agents take turns, whatever number of tasks each holds. */
export function runOwner(context: ServerContext, task: TaskState): string {
  if (task.holder === null) return task.id;
  // Under `security.auth: open` all callers are one principal, so there an agent is its name.
  return context.config.security.auth === "open" ? `open ${task.holder.agentId}` : task.holder.principal;
}
