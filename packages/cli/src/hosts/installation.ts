import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir, platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AssuranceLevel } from "@phasegate/wire";
import { CommandFailure, exitCodes } from "../failure.ts";
import { isJsonObject, jsonObject } from "./json-object.ts";
import { upwards } from "./real-place.ts";
import { hookExitCodes } from "./verdict.ts";

const program = fileURLToPath(new URL("../../bin/phasegate-hook.mjs", import.meta.url));
/** Seconds; three times what the hook allows itself. */
const hostTimeoutSeconds = 30;

/** Whose settings: only `managed` ones are out of the agent's reach. */
export const settingsScopes = ["user", "project", "managed"] as const;
export type SettingsScope = (typeof settingsScopes)[number];

export interface HookOptions {
  readonly bindingsFolder?: string | undefined;
  readonly within?: string | undefined;
}

export function settingsFileOf(scope: SettingsScope, cwd: string): string {
  if (scope === "user") return join(homedir(), ".claude", "settings.json");
  if (scope === "project") return join(cwd, ".claude", "settings.json");
  return platform() === "darwin"
    ? "/Library/Application Support/ClaudeCode/managed-settings.json"
    : "/etc/claude-code/managed-settings.json";
}

/**
 * The command line that Claude Code runs. It ends with 0 only when the hook said in so many words that the call may go
 * on, else with 2, the one exit code that Claude Code takes for a no: whatever is missing, not executable, empty, ended
 * by a signal or broken denies. Of the environment, which settings that an agent can write may fill, nothing gets in.
 */
export function claudeCodeCommandLine({ bindingsFolder, within }: HookOptions, node = process.execPath): string {
  const options = [
    ...(bindingsFolder === undefined ? [] : ["--bindings", quoted(bindingsFolder)]),
    ...(within === undefined ? [] : ["--within", quoted(within)]),
    "--session-folder",
    '"$CLAUDE_PROJECT_DIR"',
  ].join(" ");
  const hook = `/usr/bin/env -i PATH=/usr/bin:/bin ${quoted(node)} ${quoted(program)} claude-code ${options}`;
  return `${hook}; [ "$?" -eq ${hookExitCodes.proceed} ] || exit 2`;
}

/** Puts the hook into a settings file, in the place of one that is there, and leaves all else as it is. */
export function installClaudeCode(file: string, options: HookOptions): void {
  const settings = readSettings(file);
  const command = { type: "command", command: claudeCodeCommandLine(options), timeout: hostTimeoutSeconds };
  const hooks = objectIn(settings, "hooks", file);
  const events = {
    // Newer hosts then also block where they end a hook themselves.
    PreToolUse: { ...command, onFailure: "block" },
    PostToolUse: command,
    PostToolUseFailure: command,
    SessionStart: command,
  };
  for (const [event, hook] of Object.entries(events)) {
    const there = hooks[event] ?? [];
    if (!Array.isArray(there)) throw unreadable(file, `\`hooks.${event}\` is no list`);
    hooks[event] = [...there.flatMap(withoutOurs), { hooks: [hook] }];
  }
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, `${JSON.stringify({ ...settings, hooks }, null, 2)}\n`, { flag: "wx" });
    renameSync(draft, file);
  } catch (error) {
    throw new CommandFailure(exitCodes.refused, `cannot write \`${file}\`: ${String(error)}`, { cause: error });
  }
}

/** A group of somebody else's hooks as it is; one that held ours without it, or not at all where it held no other. */
function withoutOurs(group: unknown): readonly unknown[] {
  if (!isOurs(group)) return [group];
  const { hooks } = group as { readonly hooks?: unknown };
  const others = Array.isArray(hooks) ? hooks.filter((hook) => !isOurs(hook)) : [];
  return others.length === 0 ? [] : [{ ...(group as object), hooks: others }];
}

function isOurs(part: unknown): boolean {
  return JSON.stringify(part).includes(basename(program));
}

/** Whether this user may change a file, or put another in its place. */
export type CanWrite = (path: string) => boolean;

const canWriteHere: CanWrite = (path) => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== path && canWriteHere(dirname(path));
  }
};

/**
 * What an agent that runs as this user is held by: `hooked` where the hook is in managed settings and neither they nor
 * the hook's programs, nor a folder above them, can be changed by it, else `observed`.
 */
export function claudeCodeAssurance(
  file = settingsFileOf("managed", ""),
  canWrite: CanWrite = canWriteHere,
  node = process.execPath,
): Extract<AssuranceLevel, "hooked" | "observed"> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return "observed";
  }
  const isInstalled = text.includes(basename(program)) && text.includes("PreToolUse");
  const parts = [file, program, fileURLToPath(import.meta.url), node].flatMap(upwards);
  return isInstalled && !parts.some(canWrite) ? "hooked" : "observed";
}

function readSettings(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw unreadable(file, String(error));
  }
  const settings = jsonObject(text);
  if (settings) return settings;
  throw unreadable(file, "it is no JSON object");
}

function objectIn(settings: Readonly<Record<string, unknown>>, name: string, file: string): Record<string, unknown> {
  const value = settings[name] ?? {};
  if (isJsonObject(value)) return { ...value };
  throw unreadable(file, `\`${name}\` is no object`);
}

function unreadable(file: string, why: string): CommandFailure {
  return new CommandFailure(exitCodes.refused, `the settings \`${file}\` cannot be read: ${why}`, {
    hint: "repair it first; the host ignores settings that it cannot read",
  });
}

/** One word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
