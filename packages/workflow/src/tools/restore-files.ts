import { Type } from "typebox";
import { Path } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

/** Names no path as written: putting a path back to its entry content is allowed in every phase. */
export const restoreFiles: ToolDefinition = {
  name: "restore_files",
  aliases: [],
  effect: "write",
  description: "Puts files back to what they were when the phase was entered. Always allowed on any path.",
  arguments: Type.Object({ paths: Type.Array(Path, { minItems: 1, maxItems: 1000 }) }, { additionalProperties: false }),
  pathsWritten: () => [],
};
