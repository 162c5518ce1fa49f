import type { JsonObject } from "@phasegate/wire";
import type { ToolOutcome } from "../port.ts";
import type { LimitName, SandboxLimits } from "../sandbox/limits.ts";
import type { ReadOnlyMount, Sandbox } from "../sandbox/sandbox.ts";

/** Everything that a tool may use. The caller holds the workspace's lock (shared for `read`, alone for `write`). */
export interface ExecutionContext {
  /** Host path of the task's workspace. */
  readonly workspacePath: string;
  /** What a command may read besides the workspace, for instance the mirror that the clone borrows objects from. */
  readonly readOnlyMounts: readonly ReadOnlyMount[];
  readonly sandbox: Sandbox;
  readonly network: "none" | "full";
  readonly timeoutSeconds: number;
  readonly on: "workspace" | "throwaway";
  readonly limits: SandboxLimits;
  /** Paths of the tree before the call. */
  readonly paths?: () => Iterable<string>;
  /** See `SandboxCommand`. */
  readonly overLimit?: () => Promise<LimitName | null>;
  readonly signal: AbortSignal;
}

/**
 * One tool. `run` never rejects for what the agent did: that is a `failed` outcome with a code. When it resolves,
 * nothing that it started is running. Paths in results are relative to the workspace.
 */
export interface ToolExecutor {
  readonly name: string;
  /** `read` shares the workspace; `write` has it alone. */
  readonly effect: "read" | "write";
  run(args: JsonObject, context: ExecutionContext): Promise<ToolOutcome>;
}
