import type { TSchema } from "typebox";

/** A tool as workflows and agents know it. Executors live in the runner. */
export interface ToolDefinition {
  readonly name: string;
  /** Older names that mean the same tool, for instance `search_codebase` for grep. */
  readonly aliases: readonly string[];
  /** JSON Schema 2020-12 of `args`; unknown members are refused. */
  readonly arguments: TSchema;
  /** `read`: shares the workspace. `write`: takes it alone and its changes are judged. `none`: no executor. */
  readonly effect: "read" | "write" | "none";
  readonly description: string;
  /** The paths that a call names for writing, before it runs. */
  pathsWritten(args: Readonly<Record<string, unknown>>): readonly string[];
}
