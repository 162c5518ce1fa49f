import { Type } from "typebox";
import { maxCommandLength, maxTimeoutSeconds, noPaths, OptionalPath } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

/** What a command writes shows only when it has run: its changes are judged then. */
export const bash: ToolDefinition = {
  name: "bash",
  aliases: [],
  effect: "write",
  description: "Runs a command line in the workspace, judged before by the command lists and after by what it changed.",
  arguments: Type.Object(
    {
      command: Type.String({ minLength: 1, maxLength: maxCommandLength }),
      timeout: Type.Optional(
        Type.Unsafe<number | null>({
          type: ["number", "null"],
          exclusiveMinimum: 0,
          maximum: maxTimeoutSeconds,
          description: "seconds; the workflow's own limit holds too",
        }),
      ),
      cwd: OptionalPath,
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
