import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  opendirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { entryOf, hasCode, openDirectoryIn, openRoot, withParentMade } from "../tree/descriptor.ts";
import { removeWhole } from "../tree/remove-whole.ts";
import { removeEntry, replaceFile } from "../tree/restore.ts";

/** Folders of `.git` that are remembered, beside the files right in it. Objects are only ever added by honest work. */
const rememberedFolders: ReadonlySet<string> = new Set([
  "refs",
  "logs",
  "info",
  "hooks",
  "rebase-merge",
  "rebase-apply",
  "sequencer",
]);

/** An ordinary clone holds some twenty entries of some hundred bytes each, and one index. */
const bounds = { entries: 1_000, bytesRead: 1024 * 1024, bytesHeld: 256 * 1024 * 1024, filesHeld: 8, depth: 32 };
const smallBytes = 64 * 1024;

interface RememberedFile {
  readonly size: number;
  readonly permissions: number;
  readonly modifiedMs: number;
  /** What is in it; of a large one the open descriptor: git writes anew beside it, or behind what was there. */
  readonly text: Buffer | { readonly descriptor: number; readonly inode: bigint };
}

/**
 * What git works from in the agent's own clone, without its objects: index, HEAD, refs, stash, what goes on.
 * The clone belongs to a hostile process: no link is followed, nothing but regular files is read, all is bounded.
 * Nothing may run in the workspace while it is looked at or put back.
 */
export class RepositoryState implements Disposable {
  readonly #workspace: string;
  readonly #files = new Map<string, RememberedFile>();
  readonly #folders = new Set<string>();
  /** Links and special files, which stay as they are. */
  readonly #others = new Set<string>();
  #isWhole = false;

  private constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** Remembers it for as long as the server lives. Of a clone past the bounds nothing is remembered. */
  static of(workspace: string): RepositoryState {
    const state = new RepositoryState(workspace);
    const left = { entries: bounds.entries, bytesRead: bounds.bytesRead, bytesHeld: bounds.bytesHeld };
    state.#isWhole = whole(() => {
      walk(workspace, (entry) => {
        left.entries -= 1;
        if (left.entries < 0) return false;
        if (entry.kind === "folder") state.#folders.add(entry.path);
        if (entry.kind === "other") state.#others.add(entry.path);
        return entry.kind !== "file" || state.#remember(entry, left);
      });
    });
    return state;
  }

  /** Puts it back. False where that could not be done, or nothing was remembered: then `.git` is as it is now. */
  putBack(): boolean {
    return this.#isWhole && whole(() => this.#putBack());
  }

  [Symbol.dispose](): void {
    for (const { text } of this.#files.values()) if (!Buffer.isBuffer(text)) closeSync(text.descriptor);
    this.#files.clear();
    this.#isWhole = false;
  }

  #remember({ directory, name, path: at }: Seen, left: { bytesRead: number; bytesHeld: number }): boolean {
    const descriptor = openFile(directory, name);
    let isHeld = false;
    try {
      const stats = fstatSync(descriptor, { bigint: true });
      if (!stats.isFile()) return false;
      const size = Number(stats.size);
      isHeld = size > smallBytes;
      left[isHeld ? "bytesHeld" : "bytesRead"] -= size;
      const held = [...this.#files.values()].filter(({ text }) => !Buffer.isBuffer(text)).length;
      if (left.bytesRead < 0 || left.bytesHeld < 0 || (isHeld && held >= bounds.filesHeld)) {
        isHeld = false;
        return false;
      }
      this.#files.set(at, {
        size,
        permissions: Number(stats.mode) & 0o777,
        modifiedMs: Number(stats.mtimeMs),
        text: isHeld ? { descriptor, inode: stats.ino } : readStart(descriptor, size),
      });
      return true;
    } finally {
      if (!isHeld) closeSync(descriptor);
    }
  }

  #putBack(): void {
    const came: string[] = [];
    const same = new Set<string>();
    walk(this.#workspace, (entry) => {
      const file = this.#files.get(entry.path);
      if (file !== undefined && entry.kind === "file" && isSame(file, entry)) same.add(entry.path);
      const isKnown = file !== undefined || (entry.kind === "folder" ? this.#folders : this.#others).has(entry.path);
      if (!isKnown) came.push(entry.path);
      return true;
    });
    // What is in a folder that came goes before the folder.
    for (const entry of came.toReversed()) removeEntry(this.#workspace, entry);
    for (const folder of this.#folders) {
      withParentMade(this.#workspace, `${folder}/.`, () => undefined, clear);
    }
    for (const [at, file] of this.#files) {
      if (!same.has(at)) replaceFile(this.#workspace, at, (descriptor) => write(file, descriptor));
    }
  }
}

function clear(parent: number, name: string): void {
  removeWhole(entryOf(parent, name));
}

interface Seen {
  readonly kind: "file" | "folder" | "other";
  /** From the workspace. */
  readonly path: string;
  readonly directory: number;
  readonly name: string;
}

class NotWhole extends Error {}

/** False where it was given up, or where the system said no. */
function whole(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof NotWhole || (error instanceof Error && "syscall" in error)) return false;
    throw error;
  }
}

/** Tells of every entry that is remembered, a folder before what is in it. Ends as `NotWhole` where `see` says false. */
function walk(workspace: string, see: (entry: Seen) => boolean): void {
  const root = openRoot(workspace);
  try {
    walkFolder(root, ".git", { path: ".git", depth: 0 }, see);
  } finally {
    closeSync(root);
  }
}

function walkFolder(
  parent: number,
  name: string,
  at: { readonly path: string; readonly depth: number },
  see: (entry: Seen) => boolean,
): void {
  if (at.depth > bounds.depth) throw new NotWhole();
  const directory = openDirectoryIn(parent, name);
  try {
    const entries = opendirSync(entryOf(directory, ""));
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        // A name that is not UTF-8 could not be written again.
        if (entry.name.includes("\uFFFD")) throw new NotWhole();
        const isRemembered = at.depth > 0 || !entry.isDirectory() || rememberedFolders.has(entry.name);
        if (!isRemembered) continue;
        const below = { path: path.posix.join(at.path, entry.name), directory, name: entry.name };
        const kind = entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";
        if (!see({ ...below, kind })) throw new NotWhole();
        if (kind === "folder") walkFolder(directory, entry.name, { path: below.path, depth: at.depth + 1 }, see);
      }
    } finally {
      entries.closeSync();
    }
  } finally {
    closeSync(directory);
  }
}

function openFile(directory: number, name: string): number {
  return openSync(entryOf(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function isSame(file: RememberedFile, { directory, name }: Seen): boolean {
  let descriptor: number;
  try {
    descriptor = openFile(directory, name);
  } catch (error) {
    if (hasCode(error, "EACCES", "ELOOP", "ENOENT", "ENXIO")) return false;
    throw error;
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile() || Number(stats.size) !== file.size || (Number(stats.mode) & 0o777) !== file.permissions) {
      return false;
    }
    return Buffer.isBuffer(file.text)
      ? readStart(descriptor, file.size).equals(file.text)
      : file.text.inode === stats.ino;
  } finally {
    closeSync(descriptor);
  }
}

function readStart(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, size, 0));
}

function write({ text, size, permissions, modifiedMs }: RememberedFile, target: number): void {
  if (Buffer.isBuffer(text)) writeWhole(target, text);
  else copy(text.descriptor, target, size);
  fchmodSync(target, permissions);
  // An index that looks newer than it is would hide what changed right after it was written.
  const seconds = Math.floor(modifiedMs) / 1_000;
  futimesSync(target, seconds, seconds);
}

function copy(source: number, target: number, size: number): void {
  const buffer = Buffer.alloc(smallBytes);
  for (let at = 0; at < size;) {
    const count = readSync(source, buffer, 0, Math.min(buffer.length, size - at), at);
    if (count === 0) return;
    writeWhole(target, buffer.subarray(0, count));
    at += count;
  }
}

function writeWhole(target: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(target, bytes, written);
}
