import { Type } from "typebox";
import { noPaths, OptionalPath } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const glob: ToolDefinition = {
  name: "glob",
  aliases: [],
  effect: "read",
  description: "Lists the files whose path matches a pattern.",
  arguments: Type.Object(
    {
      pattern: Type.String({
        minLength: 1,
        maxLength: 4096,
        description: "of `*`, `**`, `?`, `[..]`, `{a,b}`, `@(a|b)`; names that begin with a dot match as well",
      }),
      path: OptionalPath,
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
