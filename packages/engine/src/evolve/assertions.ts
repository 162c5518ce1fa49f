import { isLegalStatusChange, PhasegateError, type TaskStatus } from "@phasegate/wire";
import type { TaskState } from "../task-state.ts";
import type { TaskEvent } from "./task-event.ts";

/** The error of a stream that no sequence of decisions can have written. */
export function impossible(event: Pick<TaskEvent, "stream" | "version" | "type">, what: string): PhasegateError {
  return new PhasegateError(
    "ledger_corrupt",
    `\`${event.stream}\` cannot be folded: \`${event.type}\` at version ${event.version} ${what}`,
    { hint: "run `phasegate audit verify`" },
  );
}

/**
 * Returns `to`, having asserted that the status table permits it. A claim may pass through `ready`, and a holder that
 * comes back finds its task active.
 */
export function statusAfter(task: TaskState, to: TaskStatus, event: TaskEvent): TaskStatus {
  const from = task.status;
  if (isLegalStatusChange(from, to)) return to;
  if (to === "active" && (from === "waiting" || from === "active")) return to;
  throw impossible(event, `turns status \`${from}\` into \`${to}\``);
}

/** Returns `to`, having asserted that it is the epoch after the task's. */
export function epochAfter(task: TaskState, to: number, event: TaskEvent): number {
  if (to === task.epoch + 1) return to;
  throw impossible(event, `turns epoch ${task.epoch} into ${to}`);
}

/** Returns `to`, having asserted that it is the entry after the task's. */
export function entryAfter(task: TaskState, to: number, event: TaskEvent): number {
  if (to === task.entry + 1) return to;
  throw impossible(event, `turns entry ${task.entry} into ${to}`);
}
