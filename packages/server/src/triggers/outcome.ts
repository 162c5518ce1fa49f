import type { TaskState, TriggerState } from "@phasegate/engine";
import type { Digest, JsonObject, TaskId, TreeDigest } from "@phasegate/wire";

/** A trigger on its way. */
export interface TriggerSubject {
  readonly task: TaskState;
  readonly trigger: TriggerState;
  /** The tree that the transition was granted on. */
  readonly tree: TreeDigest;
  readonly signal: AbortSignal;
}

/** How a trigger ended. */
export interface TriggerOutcome {
  readonly status: "done" | "failed";
  readonly detail: string | null;
  readonly spawned: readonly TaskId[];
  /** What a command printed, bounded and redacted. */
  readonly result: { readonly digest: Digest; readonly body: JsonObject } | null;
}

/** A trigger that did what it was to do. */
export const done: TriggerOutcome = { status: "done", detail: null, spawned: [], result: null };

/** A trigger that came to nothing, and why. */
export function failed(detail: string): TriggerOutcome {
  return { ...done, status: "failed", detail };
}
