import type { Reason } from "@phasegate/wire";
import { canonicalToolName, findTool } from "@phasegate/workflow";
import type { CallTool, Decision } from "../commands.ts";
import { maxOpenCalls } from "../task-state.ts";
import { allow, deny, newEvent, recordedReasons, withNext } from "./answer.ts";
import { judgeFrozenChanges, judgeFrozenPath } from "./freezes.ts";
import { weigh } from "./modes.ts";
import type { Situation } from "./situation.ts";
import { judgeToken } from "./token.ts";

/**
 * Judges a tool call before it runs. An effect opens a call that its outcome settles; a read that the runner is to
 * make is recorded once, by `settle_tool`, when it has run.
 */
export function decideCallTool(situation: Situation, command: CallTool): Decision {
  const { workflow, task, phase, context } = situation;
  const toolName = canonicalToolName(command.toolName);
  const first = judgeToken(situation, command.token) ?? judgeMoment(situation, toolName);
  if (first) return denyCall(situation, command, [first]);
  const { denials, relaxed } = weigh(workflow.normalized.mode, [
    ...judgeListed(situation, toolName),
    ...judgeCommand(situation, command, toolName),
    ...judgePaths(situation, command, toolName),
    ...judgeExecutor(command, toolName),
    ...judgeRoom(situation, command),
  ]);
  if (denials.length > 0) return denyCall(situation, command, denials.map(withNext));
  if (command.via === "execute" && isRead(toolName)) return allow([], { warnings: relaxed });
  const started = newEvent(context, "tool.started", {
    tool_name: toolName,
    phase: phase.id,
    entry: task.entry,
    epoch: task.epoch,
    args_digest: command.argsDigest,
    via: command.via,
    would_deny: recordedReasons(relaxed),
  });
  return allow([started], { warnings: relaxed });
}

export function isRead(toolName: string): boolean {
  return findTool(toolName)?.effect === "read";
}

/** The phase's tool list. One reason at most. */
export function judgeListed({ phase }: Situation, toolName: string): readonly Reason[] {
  const verdict = phase.judgeTool(toolName);
  return verdict.allowed ? [] : [verdict.reason];
}

/** While a transition is judged, reads go on and effects wait. */
export function judgeMoment({ task }: Situation, toolName: string): Reason | null {
  if (task.status === "active" || isRead(toolName)) return null;
  const operation = task.pendingTransition?.operationId;
  return {
    code: "transition_in_progress",
    message: `a transition is being judged: \`${toolName}\` must wait`,
    hint: operation
      ? `tools that only read go on; wait for the decision, or withdraw with \`DELETE /api/v1/operations/${operation}\``
      : "tools that only read go on; ask again when the transition is decided",
    ...(operation ? { next: { method: "GET" as const, path: `/api/v1/operations/${operation}` } } : {}),
  };
}

function judgeCommand({ phase }: Situation, command: CallTool, toolName: string): readonly Reason[] {
  if (toolName !== "bash") return [];
  const line = command.args["command"];
  if (typeof line !== "string") {
    return [
      { code: "invalid_request", message: "`bash` takes a `command`, a string", hint: "name the command in `args`" },
    ];
  }
  const verdict = phase.judgeCommand(line);
  return verdict.allowed ? [] : [verdict.reason];
}

/** Putting a path back to its entry content is always allowed, except within git's own data. */
function judgePaths(situation: Situation, command: CallTool, toolName: string): readonly Reason[] {
  return command.paths.flatMap(({ path, exists, refusal, foreseen }) => {
    if (refusal) return [refusal];
    if (toolName === "restore_files" && !path.split("/").includes(".git")) return [];
    const verdict = situation.phase.judgePath(path);
    if (!verdict.allowed) return [verdict.reason];
    const frozen = judgeFrozenPath(situation, path, exists);
    return frozen.length === 0 && foreseen ? judgeForeseen(situation, foreseen) : frozen;
  });
}

/** What the file would hold, told before it does; what it really holds is judged when the call is settled. */
function judgeForeseen(
  situation: Situation,
  { change, contents }: NonNullable<CallTool["paths"][number]["foreseen"]>,
): readonly Reason[] {
  const texts = { [change.path]: contents };
  return [...situation.phase.judgeChanges([change], texts), ...judgeFrozenChanges(situation, [change], texts)].map(
    ({ reason }) => reason,
  );
}

/** What these do is the server's own act; an agent's word for it would read like one. */
const ofTheServer: readonly string[] = ["git_commit", "run_tests"];

function judgeExecutor(command: CallTool, toolName: string): readonly Reason[] {
  if (command.via === "authorize" && ofTheServer.includes(toolName)) {
    return [
      {
        code: "tool_not_available",
        message: `\`${toolName}\` is carried out by the server alone, never by a tool of the agent's own`,
        hint: "call it with `POST /api/v1/tools/execute`",
      },
    ];
  }
  if (command.via === "authorize" || (findTool(toolName)?.effect ?? "none") !== "none") return [];
  return [
    {
      code: "tool_not_available",
      message: `this server has no executor for \`${toolName}\``,
      hint: "use your own tool and ask with `POST /api/v1/tools/authorize`",
    },
  ];
}

function judgeRoom({ task }: Situation, command: CallTool): readonly Reason[] {
  if (command.via === "authorize") return [];
  if (task.openCalls.filter((call) => call.via === "execute").length < maxOpenCalls) return [];
  return [
    { code: "overloaded", message: `${maxOpenCalls} calls of this task are running`, hint: "wait for one to end" },
  ];
}

function denyCall({ task, context }: Situation, command: CallTool, reasons: readonly Reason[]): Decision {
  return deny(reasons, [
    newEvent(context, "tool.denied", {
      tool_name: canonicalToolName(command.toolName),
      phase: task.phase,
      entry: task.entry,
      epoch: command.token.epoch,
      args_digest: command.argsDigest,
      reasons: recordedReasons(reasons),
    }),
  ]);
}
