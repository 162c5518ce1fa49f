import { Type } from "typebox";
import { noPaths } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const gitCommit: ToolDefinition = {
  name: "git_commit",
  aliases: [],
  effect: "write",
  description: "Commits the judged tree to the task's branch.",
  arguments: Type.Object(
    {
      message: Type.String({
        minLength: 1,
        maxLength: 65_536,
        description: "without control characters and verdicts of others such as `Approved-by`",
      }),
    },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
