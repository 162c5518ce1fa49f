import { isTerminal, type NewEvent, type Reason, serverPrincipalId } from "@phasegate/wire";
import type { Decision, ExpirePhase } from "../commands.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import { openApprovals, withdrawApprovals } from "./approval-question.ts";
import { withdrawPending } from "./holding.ts";
import type { Situation } from "./situation.ts";

type TimeLimit = NonNullable<Situation["phase"]["timeLimit"]>;

/**
 * Ends the time of a stay once: `escalate` records a blocker that an operator lifts, `fail` ends the task, `reopen`
 * takes it from its holder and offers it again, its time beginning with the next claim. A stay that is over, in time or
 * told of already is left alone.
 */
export function decideExpirePhase(situation: Situation, command: ExpirePhase): Decision {
  const { task, phase, context } = situation;
  if (context.principal.id !== serverPrincipalId) return refuse(situation, command, notYours);
  const limit = phase.timeLimit;
  const startedAt = task.workedSince;
  if (!limit || startedAt === null || command.entry !== task.entry || task.timedOut || isTerminal(task.status)) {
    return allow([]);
  }
  if (Date.parse(startedAt) + limit.seconds * 1_000 > context.now) return allow([]);
  const message = `phase \`${phase.id}\` has lasted longer than its ${limit.seconds} s`;
  return allow([
    newEvent(context, "phase.timed_out", {
      phase: phase.id,
      entry: task.entry,
      started_at: startedAt,
      timeout_seconds: limit.seconds,
      action: limit.action,
    }),
    newEvent(context, "notification.requested", {
      audience: "human",
      webhook: null,
      reason: "phase_timeout",
      message,
      phase: phase.id,
      entry: task.entry,
      params: { action: limit.action },
    }),
    ...effectOf(situation, command, limit, message),
  ]);
}

function effectOf(
  situation: Situation,
  command: ExpirePhase,
  { action }: TimeLimit,
  message: string,
): readonly NewEvent[] {
  const { task, context } = situation;
  switch (action) {
    case "escalate":
      return [newEvent(context, "blocker.recorded", { blocker_id: command.blockerId, text: message, waits_for: null })];
    case "fail":
      return [
        ...withdrawApprovals(situation, openApprovals(situation), "the task failed"),
        ...withdrawPending(situation, message),
        newEvent(context, "task.failed", { reason: message, phase: task.phase, epoch: task.epoch + 1 }),
      ];
    case "reopen":
      if (!task.holder) return [];
      return [
        ...withdrawPending(situation, message),
        newEvent(context, "task.reassigned", { reason: message, phase: task.phase, epoch: task.epoch + 1 }),
      ];
    default:
      throw new RangeError(`no action \`${action satisfies never as string}\``);
  }
}

const notYours: Reason = {
  code: "forbidden",
  message: "time is the server's to tell",
  hint: "cancel or reassign the task instead",
};
