import type { EventData, EventType, NewEvent, Reason } from "@phasegate/wire";
import type { Command, CommandContext, Decision } from "../commands.ts";
import type { Situation } from "./situation.ts";

const nothing: Omit<Decision, "effect"> = {
  reasons: [],
  warnings: [],
  findings: [],
  events: [],
  rollBack: "none",
  needs: [],
  repeated: false,
};

type Extras = Partial<Omit<Decision, "effect">>;

export function allow(events: readonly NewEvent[], extras: Extras = {}): Decision {
  return { ...nothing, ...extras, effect: "allow", events };
}

/** A denial that says why; `events` record it. */
export function deny(reasons: readonly Reason[], events: readonly NewEvent[], extras: Extras = {}): Decision {
  return { ...nothing, ...extras, effect: "deny", reasons, events };
}

export function pending(
  needs: Decision["needs"],
  events: readonly NewEvent[],
  approval?: Decision["approval"],
): Decision {
  return { ...nothing, effect: "pending", needs, events, ...(approval ? { approval } : {}) };
}

/** A denial recorded as the violation `refused`: for commands that have no denial event of their own. */
export function refuse(
  situation: Pick<Situation, "task" | "context">,
  command: Pick<Command, "type">,
  ...reasons: readonly Reason[]
): Decision {
  const { task, context } = situation;
  return deny(reasons, [
    newEvent(context, "violation.detected", {
      kind: "refused",
      command: command.type,
      phase: task.phase,
      entry: task.entry,
      paths: [],
      action: "denied",
      reasons: recordedReasons(reasons),
    }),
  ]);
}

export function newEvent<T extends EventType>(context: CommandContext, type: T, data: EventData<T>): NewEvent {
  return { id: context.nextEventId(), type, data } as NewEvent;
}

/** With a ready call: where none is known that is better, the one that says what the phase allows. */
export function withNext(reason: Reason): Reason {
  return { next: { method: "GET", path: "/api/v1/state/snapshot" }, ...reason };
}

/** Reasons as events keep them: at most 50, without the ready call. */
export function recordedReasons(reasons: readonly Reason[]): EventData<"tool.denied">["reasons"] {
  return reasons.slice(0, 50).map((reason) => ({
    code: reason.code,
    message: reason.message,
    ...(reason.rule === undefined ? {} : { rule: reason.rule }),
    ...(reason.hint === undefined ? {} : { hint: reason.hint }),
  }));
}

/** RFC 3339, UTC, milliseconds. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
