import { Type } from "typebox";
import { noPaths, optionalInteger, Path } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const readFiles: ToolDefinition = {
  name: "read_files",
  aliases: [],
  effect: "read",
  description: "Reads a text file of up to 1 MiB, or some lines of a larger one.",
  arguments: Type.Object(
    {
      path: Path,
      offset: optionalInteger({ minimum: 0, maximum: 100_000_000, description: "lines to skip" }),
      limit: optionalInteger({ minimum: 1, maximum: 1_000_000, description: "lines to answer at most" }),
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
