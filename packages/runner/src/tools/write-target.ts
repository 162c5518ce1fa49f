import { randomUUID } from "node:crypto";
import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { entryOf } from "../tree/descriptor.ts";
import { componentsOf, directoryFlags, failedToOpen, fileFlags, refuseGit, type OpenFile } from "./open-file.ts";
import { ToolRefusal } from "./outcome.ts";

/** Where a file is to be written: its directory, held open, and its name. */
export interface WriteTarget extends Disposable {
  readonly directory: number;
  readonly name: string;
  readonly path: string;
}

/**
 * Opens the directory that a file is to be written in, making those that are missing. No link is followed, inside
 * the workspace or out: what is judged by its path must be written at that path.
 */
export function openForWriting(
  path: string,
  workspacePath: string,
  options: { makeDirectories: boolean } = { makeDirectories: true },
): WriteTarget {
  const components = componentsOf(path, workspacePath);
  const name = components.at(-1);
  if (name === undefined) throw new ToolRefusal("tool_failed", "the path names the workspace itself, not a file");
  refuseGit(components);
  if (components[0] === ".phasegate") {
    throw new ToolRefusal("path_protected", "no tool writes below `.phasegate`");
  }
  let directory = openSync(workspacePath, directoryFlags);
  for (const component of components.slice(0, -1)) {
    const parent = directory;
    try {
      directory = openOrMakeDirectory(entryOf(parent, component), path, options.makeDirectories);
    } finally {
      closeSync(parent);
    }
  }
  return { directory, name, path: components.join("/"), [Symbol.dispose]: () => closeSync(directory) };
}

function openOrMakeDirectory(child: string, asked: string, makeDirectories: boolean): number {
  for (const mayMake of [makeDirectories, false]) {
    try {
      return openSync(child, directoryFlags);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ELOOP" || code === "ENOTDIR") throw notADirectory(asked);
      if (code !== "ENOENT" || !mayMake) throw failedToOpen(error, asked);
      makeDirectory(child, asked);
    }
  }
  throw notADirectory(asked);
}

function makeDirectory(child: string, asked: string): void {
  try {
    mkdirSync(child);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw failedToOpen(error, asked);
  }
}

function notADirectory(asked: string): ToolRefusal {
  return new ToolRefusal("tool_failed", `a component of \`${asked}\` is a link or not a directory`, {
    hint: "write to the path that the link leads to",
  });
}

/** The file that is at a target now, open for reading; null where there is none. A link or special file is refused. */
export function openExisting(target: WriteTarget): OpenFile | null {
  const child = entryOf(target.directory, target.name);
  let descriptor: number;
  try {
    descriptor = openSync(child, fileFlags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    if (code === "ELOOP") {
      throw new ToolRefusal("tool_failed", `\`${target.path}\` is a link`, {
        hint: "write to the path that the link leads to",
      });
    }
    throw failedToOpen(error, target.path);
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return { descriptor, path: target.path, stats };
  closeSync(descriptor);
  throw new ToolRefusal(
    "tool_failed",
    `\`${target.path}\` is ${stats.isDirectory() ? "a directory" : "not a regular file"}`,
  );
}

/**
 * Makes a new file beside the target with `permissions`, lets `write` fill it, and puts it in the target's place in
 * one step: a reader sees the old bytes or the new ones, and other names of an old hard link keep the old.
 */
export async function replaceFile(
  target: WriteTarget,
  permissions: number | null,
  write: (descriptor: number) => Promise<void>,
): Promise<void> {
  const temporary = entryOf(target.directory, `.phasegate-${randomUUID()}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const descriptor = openSync(temporary, flags, 0o644);
    try {
      await write(descriptor);
      if (permissions !== null) fchmodSync(descriptor, permissions);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, entryOf(target.directory, target.name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failedToOpen(error, target.path);
  }
}
