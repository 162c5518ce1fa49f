import type { NewEvent, PrincipalId } from "@phasegate/wire";

/** A task's event as far as the fold reads it: what the engine made, and where it stands. */
export type TaskEvent = NewEvent & {
  /** `task/<id>`. */
  readonly stream: string;
  /** 1..n within the stream, without a gap. */
  readonly version: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly principal: PrincipalId;
};

/** The event of one type. */
export type TaskEventOf<T extends TaskEvent["type"]> = Extract<TaskEvent, { readonly type: T }>;
