import { createHash } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { upwards } from "./real-place.ts";
import { HookDenial } from "./verdict.ts";

/** That what happens in a directory is work on a task. */
export interface Binding {
  /** Its real path. */
  readonly directory: string;
  readonly server: string;
  readonly taskId: string;
  /** Of the agent that holds the task. */
  readonly key: string;
}

/**
 * Where bindings are kept when nothing else is said: below the user's home as the system names it, since a variable
 * could be set by settings that the agent writes.
 */
export function defaultBindingsFolder(): string {
  return join(userInfo().homedir, ".local", "state", "phasegate", "bindings");
}

/** Keeps a binding in a file that only its owner reads. It is there whole or not at all. */
export function writeBinding(folder: string, binding: Binding): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, binding.directory);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(binding, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(draft, file);
  return file;
}

/** False where there was none. */
export function removeBinding(folder: string, directory: string): boolean {
  try {
    rmSync(fileOf(folder, directory));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * The binding of the nearest directory at or above one of these places; null where none is bound. Throws `HookDenial`
 * for one that is damaged, that others can read or change, or that cannot be read: it may say that this place is bound.
 */
export function findBinding(folder: string, places: readonly string[]): Binding | null {
  for (const directory of new Set(places.flatMap(upwards))) {
    const binding = readBinding(fileOf(folder, directory), directory);
    if (binding !== null) return binding;
  }
  return null;
}

function readBinding(file: string, directory: string): Binding | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw damaged(file, "cannot be read");
  }
  try {
    const { mode, uid } = fstatSync(descriptor);
    if ((mode & 0o027) !== 0) throw damaged(file, "is open to others");
    if (uid !== 0 && uid !== userInfo().uid) throw damaged(file, "belongs to somebody else");
    const binding: unknown = JSON.parse(readFileSync(descriptor, "utf8"));
    if (isBinding(binding) && binding.directory === directory) return binding;
    throw damaged(file, "is not a binding of this directory");
  } catch (error) {
    throw error instanceof HookDenial ? error : damaged(file, "cannot be read");
  } finally {
    closeSync(descriptor);
  }
}

function isBinding(value: unknown): value is Binding {
  if (typeof value !== "object" || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return ["directory", "server", "taskId", "key"].every((name) => typeof members[name] === "string");
}

/** Named by a digest: a path may hold what a file name may not. */
function fileOf(folder: string, directory: string): string {
  return join(folder, `${createHash("sha256").update(directory).digest("hex")}.json`);
}

function damaged(file: string, why: string): HookDenial {
  return new HookDenial(
    "config_invalid",
    `the binding \`${file}\` ${why}`,
    "bind the directory again: `phasegate hook bind`",
  );
}
