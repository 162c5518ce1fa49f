import type { EventData, NewEvent, Reason } from "@phasegate/wire";
import { canonicalToolName, type ChangeDenial, quoteList } from "@phasegate/workflow";
import type { Decision, SettleTool } from "../commands.ts";
import { allow, deny, newEvent, recordedReasons, withNext } from "./answer.ts";
import { judgeObserved } from "./changes.ts";
import { weigh } from "./modes.ts";
import type { Situation } from "./situation.ts";
import { judgeToken } from "./token.ts";
import { isRead, judgeListed, judgeMoment } from "./tools.ts";

/** Most paths that an event names; the total is beside them. */
const maxPaths = 100;

/**
 * Judges what a call did. What a rule of the phase forbids, what a dead token did, and what no open call announced
 * is put back whole: the workspace is then as it was before the call.
 */
export function decideSettleTool(situation: Situation, command: SettleTool): Decision {
  const token = judgeToken(situation, command.token);
  return command.callId === null && isRead(canonicalToolName(command.toolName))
    ? settleRead(situation, command, token)
    : settleEffect(situation, command, token ?? judgeCall(situation, command));
}

function settleRead(situation: Situation, command: SettleTool, token: Reason | null): Decision {
  const { workflow, context } = situation;
  const toolName = canonicalToolName(command.toolName);
  const moment = token ?? judgeMoment(situation, toolName);
  const { denials, relaxed } = weigh(
    workflow.normalized.mode,
    moment ? [moment] : [...judgeListed(situation, toolName), ...judgeObserved(situation, command).map(toReason)],
  );
  if (denials.length === 0) return allow([executed(situation, command, relaxed)], { warnings: relaxed });
  return deny(
    denials.map(withNext),
    [
      newEvent(context, "tool.denied", {
        ...callOf(situation, command),
        reasons: recordedReasons(denials),
      }),
    ],
    { rollBack: hasEffect(command) ? "all" : "none" },
  );
}

function settleEffect(situation: Situation, command: SettleTool, refused: Reason | null): Decision {
  const { workflow } = situation;
  if (refused) return rollBack(situation, command, [refused]);
  const observed = judgeObserved(situation, command);
  const { denials, relaxed } = weigh(workflow.normalized.mode, observed.map(toReason));
  if (denials.length > 0) {
    const refusedChanges = observed.filter(({ reason }) => denials.includes(reason));
    return rollBack(situation, command, [...summary(refusedChanges), ...denials]);
  }
  return allow([executed(situation, command, relaxed)], { warnings: relaxed });
}

/** The call that is settled must be one that was opened, by this token's epoch; its effect must not come too late. */
function judgeCall(situation: Situation, command: SettleTool): Reason | null {
  const { task } = situation;
  const toolName = canonicalToolName(command.toolName);
  const call = task.openCalls.find((one) => one.callId === command.callId);
  if (!call || call.via !== "execute" || call.toolName !== toolName || call.epoch !== command.token.epoch) {
    return {
      code: "unknown_call",
      message: `no open call \`${command.callId}\` of \`${toolName}\``,
      hint: "call the tool again",
    };
  }
  return hasEffect(command) ? judgeMoment(situation, toolName) : null;
}

function hasEffect(command: SettleTool): boolean {
  return command.changes.length > 0 || command.unsupported.length > 0;
}

function toReason(denial: { readonly reason: Reason }): Reason {
  return denial.reason;
}

/** Most further paths that the first reason names. */
const maxNamedPaths = 3;

/** The first reason of a call that was put back. What no tree may hold speaks for itself. */
function summary(denials: readonly ChangeDenial[]): readonly Reason[] {
  const [first] = denials;
  if (!first || denials.some(({ reason }) => reason.code === "unsupported_entry")) return [];
  const { message, rule, hint } = first.reason;
  const others = new Set(denials.map(({ path }) => path));
  others.delete(first.path);
  const rolledBack: Reason = {
    code: "rolled_back",
    message: `the call was rolled back: ${message}${alsoChanged([...others])}`,
    ...(rule === undefined ? {} : { rule }),
    hint: hint ?? "change only what the phase may write",
  };
  return [rolledBack];
}

function alsoChanged(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const count = paths.length === 1 ? "1 more path was" : `${paths.length} more paths were`;
  return `; ${count} changed against a rule: ${quoteList(paths, maxNamedPaths)}`;
}

function rollBack(situation: Situation, command: SettleTool, reasons: readonly Reason[]): Decision {
  const event = newEvent(situation.context, "tool.rolled_back", {
    ...settled(situation, command),
    success: false,
    error: reasons[0]?.message ?? null,
    reasons: recordedReasons(reasons),
  });
  return deny(reasons.map(withNext), [event], { rollBack: "all" });
}

function executed(situation: Situation, command: SettleTool, relaxed: readonly Reason[]): NewEvent {
  return newEvent(situation.context, "tool.executed", {
    ...settled(situation, command),
    source: "runner",
    would_deny: recordedReasons(relaxed),
    ...(command.commit === null ? {} : { commit: command.commit }),
  });
}

function callOf({ task }: Situation, command: SettleTool): Omit<EventData<"tool.denied">, "reasons"> {
  const call = task.openCalls.find((one) => one.callId === command.callId);
  return {
    tool_name: canonicalToolName(command.toolName),
    phase: call?.phase ?? task.phase,
    entry: call?.entry ?? task.entry,
    epoch: command.token.epoch,
    args_digest: command.argsDigest,
  };
}

function settled(situation: Situation, command: SettleTool): Omit<EventData<"tool.rolled_back">, "reasons"> {
  return {
    ...callOf(situation, command),
    call_id: command.callId,
    result_digest: command.resultDigest,
    success: command.success,
    error: command.error,
    duration_ms: command.durationMs,
    changed_paths: command.changes.slice(0, maxPaths).map((change) => change.path),
    changed_paths_total: command.changes.length,
    tree_before: command.treeBefore,
    tree_after: command.treeAfter,
  };
}
