import type { Decision, InterruptTools, RecordTool } from "../commands.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import type { Situation } from "./situation.ts";

/**
 * Records how an authorized call went, in the words of the principal that made it: `self_reported`, of the stay and epoch
 * in which it was made. A call may outlast the lease, or end the task itself, so this needs no token and is taken until
 * another principal holds the task; it moves nothing and extends no lease.
 */
export function decideRecordTool(situation: Situation, command: RecordTool): Decision {
  const { task, context } = situation;
  const call = task.openCalls.find((one) => one.callId === command.callId);
  if (!call || call.via !== "authorize" || call.principal !== context.principal.id) {
    return refuse(situation, command, {
      code: "unknown_call",
      message: `no authorized call \`${command.callId}\` of yours waits for its record`,
      hint: "authorize the call first; it is recorded once",
    });
  }
  if (task.holder && task.holder.principal !== context.principal.id) {
    return refuse(situation, command, {
      code: "unknown_call",
      message: `the call \`${command.callId}\` belongs to an earlier holder of the task`,
      hint: "nothing is to be done: another principal holds the task now",
    });
  }
  return allow([
    newEvent(context, "tool.executed", {
      tool_name: call.toolName,
      phase: call.phase,
      entry: call.entry,
      epoch: call.epoch,
      args_digest: call.argsDigest,
      call_id: call.callId,
      result_digest: command.resultDigest,
      success: command.success,
      error: command.error,
      duration_ms: command.durationMs,
      changed_paths: [],
      changed_paths_total: 0,
      tree_before: null,
      tree_after: null,
      source: "self_reported",
      would_deny: [],
    }),
  ]);
}

/** Closes those of the calls that the runner made and that are open. */
export function decideInterruptTools({ task, context }: Situation, command: InterruptTools): Decision {
  const ended = task.openCalls.filter((call) => call.via === "execute" && command.calls.includes(call.callId));
  return allow(
    ended.map((call) =>
      newEvent(context, "tool.interrupted", {
        tool_name: call.toolName,
        phase: call.phase,
        entry: call.entry,
        epoch: call.epoch,
        args_digest: call.argsDigest,
        call_id: call.callId,
        reason: command.reason,
      }),
    ),
  );
}
