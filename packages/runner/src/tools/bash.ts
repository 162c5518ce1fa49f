import { optionalStringArgument, stringArgument } from "./arguments.ts";
import type { JsonObject, JsonValue } from "@phasegate/wire";
import { closeSync } from "node:fs";
import { describeLimit, type SandboxLimits } from "../sandbox/limits.ts";
import type { SandboxResult } from "../sandbox/sandbox.ts";
import type { ToolExecutor } from "./executor.ts";
import { openForReading } from "./open-file.ts";
import { settle, ToolRefusal } from "./outcome.ts";
import { ThrownAway } from "./thrown-away.ts";

/** The kernel's bound on one argument of a program, less its end. */
const maxCommandBytes = 128 * 1024 - 1;

/**
 * Runs a command line in the sandbox. Any exit code is an answer; running out of time is `tool_timeout` and past
 * another bound `limit_exceeded`, both with what was printed until then. `changed_paths` is left empty for whoever compares the trees;
 * on a throwaway copy `thrown_away` names what the command changed there.
 */
export const bash: ToolExecutor = {
  name: "bash",
  effect: "write",
  run: (args, context) =>
    settle(async () => {
      const command = stringArgument(args, "command");
      if (command.includes("\0") || !command.isWellFormed()) {
        throw new ToolRefusal("invalid_request", "`command` holds a NUL or is not Unicode text");
      }
      if (Buffer.byteLength(command) > maxCommandBytes) {
        throw new ToolRefusal("payload_too_large", `\`command\` is more than ${String(maxCommandBytes)} bytes`, {
          hint: "write a script with write_files and run that",
        });
      }
      const asked = timeoutArgument(args["timeout"]) ?? Infinity;
      const timeoutSeconds = Math.min(asked, context.timeoutSeconds);
      const cwd = workingDirectory(optionalStringArgument(args, "cwd"), context.workspacePath);
      const thrownAway = context.on === "throwaway" ? new ThrownAway() : null;
      const argv = ["bash", "-c", "--", command] as const;
      const ran = await context.sandbox.run({
        argv: thrownAway?.argv(argv, cwd.split("/").filter(Boolean).length) ?? argv,
        workspacePath: context.workspacePath,
        on: context.on,
        cwd,
        readOnlyMounts: context.readOnlyMounts,
        network: context.network,
        timeoutMs: timeoutSeconds * 1000,
        limits: context.limits,
        ...(context.overLimit === undefined ? {} : { overLimit: context.overLimit }),
        signal: context.signal,
      });
      const bounds = { timeoutSeconds, mayBeLonger: asked < context.timeoutSeconds, limits: context.limits };
      if (thrownAway === null) return answer(command, ran, bounds);
      const { printed, paths } = thrownAway.read(ran.stderr.text, context.paths?.() ?? []);
      const result = answer(command, { ...ran, stderr: { ...ran.stderr, text: printed } }, bounds);
      return paths.length === 0 ? result : { ...result, thrown_away: [...paths] };
    }),
};

function answer(
  command: string,
  run: SandboxResult,
  { timeoutSeconds, mayBeLonger, limits }: { timeoutSeconds: number; mayBeLonger: boolean; limits: SandboxLimits },
): JsonObject {
  const result = {
    status: run.ended === "exited" ? "completed" : run.ended,
    stdout: run.stdout.text,
    stderr: run.stderr.text,
    exit_code: run.exitCode,
    command,
    changed_paths: [],
    truncated: run.stdout.truncated || run.stderr.truncated || run.ended !== "exited",
    ...(run.limits.length === 0 ? {} : { limits: [...run.limits] }),
  };
  const [limit] = run.limits;
  // A command that met a bound and coped with it has succeeded.
  if (limit !== undefined && (run.ended === "over_limit" || (run.ended === "exited" && run.exitCode !== 0))) {
    const { text, hint } = describeLimit(limit, limits);
    const fate = run.ended === "over_limit" ? "was ended" : `failed with exit code ${String(run.exitCode)}`;
    throw new ToolRefusal("limit_exceeded", `the command ${fate}: ${text}`, { hint, result });
  }
  if (run.ended === "exited") return result;
  if (run.ended === "aborted") {
    throw new ToolRefusal("tool_failed", "the command was ended before it finished", { result });
  }
  throw new ToolRefusal("tool_timeout", `the command was ended after ${String(timeoutSeconds)} s`, {
    hint: mayBeLonger
      ? "give it a longer `timeout`, or less to do"
      : "this is the workflow's own limit, which no `timeout` raises: split the work into shorter commands, or ask " +
        "the operator to raise `tool_constraints.bash.timeout_seconds` of the phase",
    result,
  });
}

function timeoutArgument(value: JsonValue | undefined): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && value > 0) return value;
  throw new ToolRefusal("invalid_request", "`timeout` must be a number of seconds above 0");
}

function workingDirectory(cwd: string | null, workspacePath: string): string {
  if (cwd === null) return "";
  const directory = openForReading(cwd, workspacePath);
  closeSync(directory.descriptor);
  if (directory.stats.isDirectory()) return directory.path;
  throw new ToolRefusal("tool_failed", `\`${cwd}\` is not a directory`);
}
