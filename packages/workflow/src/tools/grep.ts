import { Type } from "typebox";
import { noPaths, optionalInteger, Path } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const grep: ToolDefinition = {
  name: "grep",
  aliases: ["search_codebase"],
  effect: "read",
  description: "Searches text files of up to 8 MiB for a regular expression, and names larger ones.",
  arguments: Type.Object(
    {
      pattern: Type.String({ minLength: 1, maxLength: 4096 }),
      path: Path,
      context_lines: optionalInteger({ minimum: 0, maximum: 100, description: "lines around each match" }),
      max_matches: optionalInteger({ minimum: 1, maximum: 10_000, description: "matches to answer at most" }),
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
