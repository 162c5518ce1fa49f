import type { TaskState } from "@phasegate/engine";
import type { WorkspaceKey } from "@phasegate/runner";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";

/** What the runner needs to find a task's workspace. */
export function workspaceKey(context: ServerContext, task: TaskState, workflow: CompiledWorkflow): WorkspaceKey {
  return { taskId: task.id, repository: context.workflows.repositoryOf(workflow), base: task.base, workflow };
}
