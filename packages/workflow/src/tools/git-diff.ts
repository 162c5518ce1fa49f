import { Type } from "typebox";
import { noPaths, optionalWord } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

export const gitDiff: ToolDefinition = {
  name: "git_diff",
  aliases: [],
  effect: "read",
  description: "Shows what changed since the phase was entered, or since the base.",
  arguments: Type.Object(
    { since: optionalWord(["entry", "base"], "default: `entry`") },
    { additionalProperties: false },
  ),
  pathsWritten: noPaths,
};
