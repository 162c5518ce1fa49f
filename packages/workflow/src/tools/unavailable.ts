import { Type } from "typebox";
import { noPaths } from "./arguments.ts";
import type { ToolDefinition } from "./definition.ts";

// One schema object for all of them: a validator is compiled once a schema, and names come from workflow files.
const anyArguments = Type.Object({}, { additionalProperties: true, maxProperties: 100 });

/** A tool that workflows may list and no runner executes: a call of it is answered `tool_not_available`. */
export function unavailableTool(name: string): ToolDefinition {
  return {
    name,
    aliases: [],
    effect: "none",
    description: "May be listed in a workflow; this server has no executor for it.",
    arguments: anyArguments,
    pathsWritten: noPaths,
  };
}
