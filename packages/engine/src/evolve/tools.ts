import type { Digest, EventId } from "@phasegate/wire";
import { maxOpenCalls, type OpenCall, type TaskState } from "../task-state.ts";
import type { TaskEvent, TaskEventOf } from "./task-event.ts";

export function onToolStarted(task: TaskState, event: TaskEventOf<"tool.started">): TaskState {
  const { data } = event;
  const call: OpenCall = {
    callId: event.id,
    toolName: data.tool_name,
    via: data.via,
    epoch: data.epoch,
    argsDigest: data.args_digest as Digest | null,
    principal: event.principal,
    phase: data.phase,
    entry: data.entry,
  };
  return { ...task, openCalls: makeRoom([...task.openCalls, call]) };
}

export function onToolSettled(
  task: TaskState,
  event: TaskEventOf<"tool.executed"> | TaskEventOf<"tool.rolled_back"> | TaskEventOf<"tool.interrupted">,
): TaskState {
  const callId = event.data.call_id as EventId | null;
  if (callId === null || !task.openCalls.some((call) => call.callId === callId)) return task;
  return { ...task, openCalls: task.openCalls.filter((call) => call.callId !== callId) };
}

/** True for events that show the present epoch's token in the hand of the holder. */
export function isUseOfToken(task: TaskState, event: TaskEvent): boolean {
  switch (event.type) {
    case "tool.started":
    case "tool.executed":
    case "tool.rolled_back":
    case "transition.requested":
      return event.data.epoch === task.epoch;
    case "tool.denied":
    case "violation.detected":
      return event.principal === task.holder?.principal && !event.data.reasons.some(isTokenReason);
    default:
      return false;
  }
}

function isTokenReason(reason: { readonly code: string }): boolean {
  return reason.code.startsWith("token_");
}

/** Past the bound, the oldest calls that no one may ever record fall out. */
function makeRoom(calls: readonly OpenCall[]): readonly OpenCall[] {
  if (calls.length <= maxOpenCalls) return calls;
  const oldest = calls.find((call) => call.via === "authorize");
  return oldest ? calls.filter((call) => call !== oldest) : calls;
}
