import { isTerminal, type NewEvent, type Reason } from "@phasegate/wire";
import type { Decision, ExpireLease, FailTask, ReleaseTask, RenewLease } from "../commands.ts";
import { allow, newEvent, refuse, timestamp } from "./answer.ts";
import { openApprovals, withdrawApprovals } from "./approval-question.ts";
import { isHolder, type Situation } from "./situation.ts";
import { judgeToken } from "./token.ts";

/** Proves that the caller holds the task, by its token or as its principal. Changes nothing. */
export function decideRenew(situation: Situation, command: RenewLease): Decision {
  const reason = command.token ? judgeToken(situation, command.token) : judgeHolder(situation);
  return reason ? refuse(situation, command, reason) : allow([]);
}

export function decideRelease(situation: Situation, command: ReleaseTask): Decision {
  const reason = judgeToken(situation, command.token);
  if (reason) return refuse(situation, command, reason);
  const { task, context } = situation;
  return allow([
    ...withdrawPending(situation, "the task was released"),
    newEvent(context, "task.released", { reason: command.reason, phase: task.phase, epoch: task.epoch + 1 }),
  ]);
}

export function decideFail(situation: Situation, command: FailTask): Decision {
  const reason = judgeToken(situation, command.token);
  if (reason) return refuse(situation, command, reason);
  const { task, context } = situation;
  return allow([
    ...withdrawApprovals(situation, openApprovals(situation), "the task failed"),
    ...withdrawPending(situation, "the task failed"),
    newEvent(context, "task.failed", { reason: command.reason, phase: task.phase, epoch: task.epoch + 1 }),
  ]);
}

/** Ends a lease that ran out. None runs while an approval is awaited. */
export function decideExpire(situation: Situation, command: ExpireLease): Decision {
  const { task, context } = situation;
  if (!task.holder || task.status === "awaiting_approval") {
    return refuse(situation, command, {
      code: "task_not_active",
      message: `no lease runs while the task is \`${task.status}\``,
      hint: "nothing is to be done",
    });
  }
  if (command.leaseExpiredAt > context.now || (command.epoch !== undefined && command.epoch !== task.epoch)) {
    return refuse(situation, command, {
      code: "task_not_active",
      message: "the lease that ended is not the one that runs now",
      hint: "read the lease again",
    });
  }
  return allow([
    ...withdrawPending(situation, command.reason ?? "the lease expired"),
    newEvent(context, "task.lease_expired", {
      phase: task.phase,
      epoch: task.epoch + 1,
      lease_expired_at: timestamp(command.leaseExpiredAt),
    }),
  ]);
}

/**
 * A transition that is being judged ends before the stay that it belongs to. What people were asked belongs to the
 * entry, and can be answered for whoever takes the task next.
 */
export function withdrawPending({ task, context }: Situation, reason: string): readonly NewEvent[] {
  if (!task.pendingTransition) return [];
  return [newEvent(context, "transition.withdrawn", { operation_id: task.pendingTransition.operationId, reason })];
}

function judgeHolder(situation: Situation): Reason | null {
  const { task, context } = situation;
  if (isHolder(situation)) return null;
  if (isTerminal(task.status)) {
    return {
      code: "task_not_active",
      message: `the task has ended (\`${task.status}\`)`,
      hint: "nothing is left to do in it: claim another",
      next: { method: "GET", path: `/api/v1/tasks/${task.id}` },
    };
  }
  return {
    code: task.holder ? "forbidden" : "task_not_active",
    message: task.holder ? "the task is held by another principal" : `the task is \`${task.status}\`, held by no one`,
    hint: "claim the task first",
    next: { method: "POST", path: "/api/v1/tasks/claim", body: { agent_id: context.principal.name, task_id: task.id } },
  };
}
