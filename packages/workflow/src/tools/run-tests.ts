import { Type } from "typebox";
import { maxCommandLength, noPaths } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

/** No word of a command holds one. */
const withoutNul = String.raw`^[^\u0000]*$`;

/** Runs on a snapshot of the workspace: the server does it, and the workspace stays as it is. */
export const runTests: ToolDefinition = {
  name: "run_tests",
  aliases: [],
  effect: "read",
  description: "Runs the workflow's tests, or a selection of them, and records what they reported.",
  arguments: Type.Object(
    {
      selection: Type.Optional(
        Type.Unsafe<string | string[] | null>({
          type: ["string", "array", "null"],
          minLength: 1,
          maxLength: maxCommandLength,
          pattern: withoutNul,
          items: { type: "string", minLength: 1, maxLength: 4096, pattern: withoutNul },
          maxItems: 1000,
          description: "test files, or what the runner takes to select tests; default: all",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
