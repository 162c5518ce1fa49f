import { isTerminal, type Reason } from "@phasegate/wire";
import type { Decision, RecordBlocker, ResolveBlocker } from "../commands.ts";
import type { BlockerState } from "../task-state.ts";
import { allow, newEvent, refuse } from "./answer.ts";
import { isHolder, isOperator, type Situation } from "./situation.ts";

/** Most blockers of one task that are open at once. */
const maxOpenBlockers = 50;

/** Records what stands in the way: by the holder or an operator. */
export function decideRecordBlocker(situation: Situation, command: RecordBlocker): Decision {
  const { task, context } = situation;
  const reason = judgeCaller(situation, isHolder(situation) || isOperator(situation)) ?? judgeRoom(situation);
  if (reason) return refuse(situation, command, reason);
  if (task.blockers.some((blocker) => blocker.id === command.blockerId)) {
    return refuse(situation, command, {
      code: "invalid_request",
      message: `the blocker \`${command.blockerId}\` exists already`,
      hint: "resolve it, or record another",
    });
  }
  return allow([
    newEvent(context, "blocker.recorded", {
      blocker_id: command.blockerId,
      text: command.text,
      waits_for: command.waitsFor,
    }),
  ]);
}

/** Resolves a blocker: by the principal that recorded it, or an operator. An agent lifts none that a person set. */
export function decideResolveBlocker(situation: Situation, command: ResolveBlocker): Decision {
  const { task, context } = situation;
  const blocker = task.blockers.find((one) => one.id === command.blockerId && !one.resolved);
  if (!blocker) {
    return refuse(situation, command, {
      code: "unknown_blocker",
      message: `no open blocker \`${command.blockerId}\``,
      hint: "the task's snapshot lists those that are open",
    });
  }
  const reason = judgeCaller(situation, blocker.recordedBy === context.principal.id || isOperator(situation));
  if (reason) return refuse(situation, command, reason);
  return allow([newEvent(context, "blocker.resolved", { blocker_id: blocker.id })]);
}

/** Blockers that stand against leaving the phase; one that waits for a task falls when that task is completed. */
export function standingBlockers({ task, facts }: Situation): readonly BlockerState[] {
  const completed = new Set(
    (facts.dependencies ?? []).filter((one) => one.status === "completed").map((one) => one.id as string),
  );
  return task.blockers.filter(
    (blocker) => !blocker.resolved && (blocker.waitsFor === null || !completed.has(blocker.waitsFor)),
  );
}

function judgeCaller({ task }: Situation, permitted: boolean): Reason | null {
  if (isTerminal(task.status)) {
    return { code: "task_not_active", message: `the task has ended (\`${task.status}\`)`, hint: "reopen it first" };
  }
  if (permitted) return null;
  return {
    code: "forbidden",
    message: "the blocker is not yours to set or lift",
    hint: "the holder records blockers; who recorded one, or an operator, resolves it",
  };
}

function judgeRoom({ task }: Situation): Reason | null {
  if (task.blockers.filter((blocker) => !blocker.resolved).length < maxOpenBlockers) return null;
  return {
    code: "overloaded",
    message: `the task has ${maxOpenBlockers} open blockers`,
    hint: "resolve one first",
  };
}
