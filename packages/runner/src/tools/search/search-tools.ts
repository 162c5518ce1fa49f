import { optionalIntegerArgument, optionalStringArgument, stringArgument } from "../arguments.ts";
import type { ExecutionContext, ToolExecutor } from "../executor.ts";
import { settle } from "../outcome.ts";
import type { SearchWorkers } from "./search-workers.ts";

const defaultMaxMatches = 200;
const maxSearchSeconds = 30;

/** Searches text files of the workspace for a regular expression of RE2. */
export function grepTool(workers: SearchWorkers): ToolExecutor {
  return {
    name: "grep",
    effect: "read",
    run: (args, context) =>
      settle(() =>
        workers.search(
          {
            kind: "grep",
            workspacePath: context.workspacePath,
            pattern: stringArgument(args, "pattern"),
            path: optionalStringArgument(args, "path") ?? ".",
            contextLines: optionalIntegerArgument(args, "context_lines", { minimum: 0, maximum: 100 }) ?? 0,
            maxMatches:
              optionalIntegerArgument(args, "max_matches", { minimum: 1, maximum: 10_000 }) ?? defaultMaxMatches,
          },
          searchBounds(context),
        ),
      ),
  };
}

/** Lists files of the workspace by a glob pattern. */
export function globTool(workers: SearchWorkers): ToolExecutor {
  return {
    name: "glob",
    effect: "read",
    run: (args, context) =>
      settle(() =>
        workers.search(
          {
            kind: "glob",
            workspacePath: context.workspacePath,
            pattern: stringArgument(args, "pattern"),
            path: optionalStringArgument(args, "path") ?? ".",
          },
          searchBounds(context),
        ),
      ),
  };
}

/** The time that a thread has for one call, and what ends it before. */
export function searchBounds(context: ExecutionContext): { timeoutMs: number; signal: AbortSignal } {
  return { timeoutMs: Math.min(context.timeoutSeconds, maxSearchSeconds) * 1000, signal: context.signal };
}
