import { Type } from "typebox";
import { maxContentLength, optionalFlag, Path, pathOf } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const editFiles: ToolDefinition = {
  name: "edit_files",
  aliases: [],
  effect: "write",
  description: "Replaces a text in a file. The text must occur exactly once, unless `replace_all` is set.",
  arguments: Type.Object(
    {
      path: Path,
      old_text: Type.String({ minLength: 1, maxLength: maxContentLength }),
      new_text: Type.String({ maxLength: maxContentLength }),
      replace_all: optionalFlag("replace every occurrence; default: false"),
    },
    { additionalProperties: false },
  ),
  pathsWritten: pathOf,
};
