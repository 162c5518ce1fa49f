import type { Place } from "@phasegate/wire";
import { compileSchema } from "../schema/compile-schema.ts";
import { askUserQuestion } from "./ask-user-question.ts";
import { bash } from "./bash.ts";
import type { ToolDefinition } from "./definition.ts";
import { editFiles } from "./edit-files.ts";
import { gitCommit } from "./git-commit.ts";
import { gitDiff } from "./git-diff.ts";
import { glob } from "./glob.ts";
import { grep } from "./grep.ts";
import { readFiles } from "./read-files.ts";
import { restoreFiles } from "./restore-files.ts";
import { runTests } from "./run-tests.ts";
import { unavailableTool } from "./unavailable.ts";
import { webFetch } from "./web-fetch.ts";
import { writeFiles } from "./write-files.ts";

/** Every tool that has a name of its own, in the order of the reference page. */
export const toolDefinitions: readonly ToolDefinition[] = [
  readFiles,
  writeFiles,
  editFiles,
  restoreFiles,
  bash,
  grep,
  glob,
  runTests,
  gitDiff,
  gitCommit,
  webFetch,
  askUserQuestion,
];

/** Words that stand for several tools in `tools: [read, edit]`. */
export const toolGroups = {
  read: [readFiles.name, glob.name, grep.name, gitDiff.name],
  edit: [writeFiles.name, editFiles.name, restoreFiles.name],
  run: [bash.name, runTests.name],
} as const satisfies Record<string, readonly string[]>;

export type ToolGroup = keyof typeof toolGroups;

const byName: ReadonlyMap<string, ToolDefinition> = new Map(
  toolDefinitions.flatMap((tool) => [tool.name, ...tool.aliases].map((name) => [name, tool] as const)),
);

/** Names and aliases, for the nearest known name of a mistyped one. */
export const toolNames: readonly string[] = [...byName.keys()];

/** The tool of a name or alias; null when no tool has it. */
export function findTool(name: string): ToolDefinition | null {
  return byName.get(name) ?? null;
}

/** The tool of a name or alias; for any other name one without executor, so that calling it says so. */
export function toolOrUnavailable(name: string): ToolDefinition {
  return byName.get(name) ?? unavailableTool(name);
}

/** The one name under which a tool is judged and recorded: an alias gives its tool's, another name itself. */
export function canonicalToolName(name: string): string {
  return byName.get(name)?.name ?? name;
}

const validators = new WeakMap<ToolDefinition["arguments"], (args: unknown) => readonly Place[]>();

/** Every place where `args` does not fit the tool's schema; empty when it fits. */
export function validateToolArguments(definition: ToolDefinition, args: unknown): readonly Place[] {
  let validate = validators.get(definition.arguments);
  if (!validate) {
    validate = compileSchema(definition.arguments);
    validators.set(definition.arguments, validate);
  }
  return validate(args);
}
