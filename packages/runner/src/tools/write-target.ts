import { randomUUID } from "node:crypto";
import {
  close,
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
} from "node:fs";
import { promisify } from "node:util";
import { entryOf } from "../tree/descriptor.ts";
import { componentsOf, directoryFlags, failedToOpen, fileFlags, refuseGit, type OpenFile } from "./open-file.ts";
import { ToolRefusal } from "./outcome.ts";

/** Where a file is to be written: its directory, held open, and its name. */
export interface WriteTarget extends Disposable {
  readonly directory: number;
  readonly name: string;
  readonly path: string;
  /** Where the kernel said that the directory lies when it was opened. */
  readonly directoryPath: string;
}

const flush = promisify(fdatasync);
const closeAside = promisify(close);

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
  const root = whereIs(directory);
  for (const component of components.slice(0, -1)) {
    const parent = directory;
    try {
      directory = openOrMakeDirectory(entryOf(parent, component), path, options.makeDirectories);
    } finally {
      closeSync(parent);
    }
  }
  const directoryPath = [root, ...components.slice(0, -1)].join("/");
  return { directory, name, path: components.join("/"), directoryPath, [Symbol.dispose]: () => closeSync(directory) };
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
 * Closes what was at a target. Once another file is in its place, that frees it: for one of megabytes the event loop does
 * not wait.
 */
export async function closeExisting(existing: OpenFile | null): Promise<void> {
  if (existing !== null) await closeAside(existing.descriptor);
}

/** Where an open directory lies now. */
function whereIs(directory: number): string {
  return readlinkSync(`/proc/self/fd/${directory}`);
}

/** Refuses when the directory of a target is elsewhere by now: what is judged by its path must be written there. */
function requireInPlace(target: WriteTarget): void {
  if (whereIs(target.directory) === target.directoryPath) return;
  throw new ToolRefusal("tool_failed", `the directory of \`${target.path}\` was moved while it was written to`, {
    hint: "write again when nothing moves it",
  });
}

/**
 * Makes a new file beside the target with `permissions`, lets `write` fill it, and puts it in the target's place in
 * one step: a reader sees the old bytes or the new ones, also after a crash, and other names of an old hard link keep
 * the old. Where the target's directory is moved meanwhile, nothing is written.
 */
export async function replaceFile(
  target: WriteTarget,
  permissions: number | null,
  write: (descriptor: number) => Promise<void>,
): Promise<void> {
  const temporary = entryOf(target.directory, `.phasegate-${randomUUID()}.tmp`);
  const place = entryOf(target.directory, target.name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const descriptor = openSync(temporary, flags, 0o644);
    try {
      await write(descriptor);
      if (permissions !== null) fchmodSync(descriptor, permissions);
      await flush(descriptor);
    } finally {
      await closeAside(descriptor);
    }
    requireInPlace(target);
    using old = keepOld(target, place);
    renameSync(temporary, place);
    try {
      // RACE: a directory moved between look and rename took the new file along, say into `.git`.
      requireInPlace(target);
    } catch (error) {
      old.putBack();
      throw error;
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof ToolRefusal) throw error;
    throw failedToOpen(error, target.path);
  }
}

/** Keeps what is at a place under another name until it is disposed of. */
function keepOld(target: WriteTarget, place: string): Disposable & { putBack(): void } {
  const kept = entryOf(target.directory, `.phasegate-${randomUUID()}.tmp`);
  const wasThere = linkIfThere(place, kept);
  return {
    putBack: () => (wasThere ? renameSync(kept, place) : rmSync(place, { force: true })),
    [Symbol.dispose]: () => rmSync(kept, { force: true }),
  };
}

function linkIfThere(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
