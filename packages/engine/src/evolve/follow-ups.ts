import type { OperationId, TaskId } from "@phasegate/wire";
import { maxTriggers, type TaskState, type TriggerState } from "../task-state.ts";
import { impossible } from "./assertions.ts";
import type { TaskEventOf } from "./task-event.ts";

/** After `reopen` the time of the stay begins again with the next claim; after `escalate` it has been told once. */
export function onPhaseTimedOut(task: TaskState, event: TaskEventOf<"phase.timed_out">): TaskState {
  const { entry, action } = event.data;
  if (entry !== task.entry) throw impossible(event, `ends the time of entry ${entry} in entry ${task.entry}`);
  return { ...task, timedOut: action === "escalate", workedSince: action === "reopen" ? null : task.workedSince };
}

/** The task's triggers with those that a transition sets off; the oldest fall out first. */
export function withTriggers(task: TaskState, { data }: TaskEventOf<"task.transitioned">): TaskState["triggers"] {
  const begun = (data.triggers ?? []).map((action, index): TriggerState => ({
    operationId: data.operation_id as OperationId,
    index,
    action,
    from: data.from,
    to: data.to,
    entry: data.entry,
    status: "pending",
    detail: null,
  }));
  return [...task.triggers, ...begun].slice(-maxTriggers);
}

export function onTriggerExecuted(task: TaskState, event: TaskEventOf<"trigger.executed">): TaskState {
  const { operation_id: operationId, index, status, detail, spawned } = event.data;
  const known = task.triggers.find((one) => one.operationId === operationId && one.index === index);
  if (known?.status !== "pending") throw impossible(event, "settles a trigger that is not pending");
  return {
    ...task,
    triggers: task.triggers.map((one) => (one === known ? { ...one, status, detail } : one)),
    spawned: [...new Set([...task.spawned, ...(spawned as TaskId[])])],
  };
}
