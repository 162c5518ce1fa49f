import type { TaskState } from "@phasegate/engine";
import type { PhasegateError } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";

/**
 * Records that a command on an existing task was refused before the engine could judge it (a token that does not
 * verify). The refusal stands whatever else happened to the task, so a version conflict is tried again.
 */
export async function recordRefusal(
  context: ServerContext,
  caller: Caller,
  task: TaskState,
  command: string,
  error: PhasegateError,
): Promise<void> {
  await context.tasks.appendRefusal(task.id, caller, {
    id: context.ids.make("event"),
    type: "violation.detected",
    data: {
      kind: "refused",
      command,
      phase: task.phase,
      entry: task.entry,
      paths: [],
      action: "denied",
      reasons: [{ code: error.code, message: error.message }],
    },
  });
}
