import { Type } from "typebox";
import { maxContentLength, optionalWord, Path, pathOf } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const writeFiles: ToolDefinition = {
  name: "write_files",
  aliases: [],
  effect: "write",
  description: "Writes a text file and the folders above it, or appends to it.",
  arguments: Type.Object(
    {
      path: Path,
      content: Type.String({ maxLength: maxContentLength }),
      mode: optionalWord(["w", "a"], "`w` replaces the file (default), `a` appends to it"),
    },
    { additionalProperties: false },
  ),
  pathsWritten: pathOf,
};
