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
import {
  entryOf,
  hasCode,
  holdEntry,
  openDirectoryIn,
  openRoot,
  withParent,
  withParentMade,
} from "../tree/descriptor.ts";
import { removeWhole } from "../tree/remove-whole.ts";
import { removeEntry, replaceFile } from "../tree/restore.ts";
import { setBits } from "../tree/special-bits.ts";
import { holdFolder, moveBack } from "./held-folder.ts";

/** Folders of `.git` whose contents are remembered, beside the files right in it. Objects are only ever added by honest work. */
const rememberedFolders: ReadonlySet<string> = new Set([
  "refs",
  "logs",
  "info",
  "hooks",
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "worktrees",
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
  /** The folder itself, wherever it is moved. */
  readonly #held: number | null;
  readonly #files = new Map<string, RememberedFile>();
  /** With their permissions. */
  readonly #folders = new Map<string, number>();
  /** Links and special files, which stay as they are. */
  readonly #others = new Set<string>();
  #isWhole = false;
  #wasMoved = false;

  private constructor(workspace: string) {
    this.#workspace = workspace;
    this.#held = holdFolder(path.join(workspace, ".git"));
  }

  /** Remembers it for as long as the server lives. Of a clone past the bounds nothing is remembered. */
  static of(workspace: string): RepositoryState {
    const state = new RepositoryState(workspace);
    const left = { entries: bounds.entries, bytesRead: bounds.bytesRead, bytesHeld: bounds.bytesHeld };
    state.#isWhole = whole(() => {
      walk(workspace, (entry) => {
        left.entries -= 1;
        if (left.entries < 0) throw new NotWhole();
        if (entry.kind === "folder") state.#folders.set(entry.path, permissionsOf(entry));
        if (entry.kind === "other") state.#others.add(entry.path);
        if (entry.kind === "file" && !state.#remember(entry, left)) throw new NotWhole();
        return isRemembered(entry.path);
      });
    });
    return state;
  }

  /**
   * Brings the folder back from where it was moved within the workspace, objects and all; what stands in its place goes.
   * To be called before what came into the tree is removed.
   */
  reclaim(): void {
    const held = this.#held;
    if (held !== null) whole(() => (this.#wasMoved = moveBack(this.#workspace, ".git", held)));
  }

  /**
   * Puts it back. `same`: nothing was changed but the index at most. `left`: it could not be done, or nothing was
   * remembered, and `.git` is as it is now.
   */
  putBack(): "same" | "put_back" | "left" {
    let isSame = !this.#wasMoved;
    if (!this.#isWhole || !whole(() => (isSame = this.#putBack() && isSame))) return "left";
    return isSame ? "same" : "put_back";
  }

  [Symbol.dispose](): void {
    for (const { text } of this.#files.values()) if (!Buffer.isBuffer(text)) closeSync(text.descriptor);
    if (this.#held !== null) closeSync(this.#held);
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

  /** Whether nothing was changed but the index at most. */
  #putBack(): boolean {
    const came: string[] = [];
    const same = new Set<string>();
    walk(this.#workspace, (entry) => {
      if (!this.#isKnown(entry)) {
        came.push(entry.path);
        return false;
      }
      const file = this.#files.get(entry.path);
      if (file !== undefined && isSame(file, entry)) same.add(entry.path);
      if (entry.kind === "folder" && permissionsOf(entry) === this.#folders.get(entry.path)) same.add(entry.path);
      // Whoever is not root must be able to enter it.
      else if (entry.kind === "folder") setBits(entryOf(entry.directory, entry.name), 0o777, 0o700);
      return isRemembered(entry.path);
    });
    for (const entry of came) removeEntry(this.#workspace, entry);
    for (const folder of this.#folders.keys()) {
      withParentMade(this.#workspace, `${folder}/.`, () => undefined, clear);
    }
    for (const [at, file] of this.#files) {
      if (!same.has(at)) replaceFile(this.#workspace, at, (descriptor) => write(file, descriptor));
    }
    for (const [at, permissions] of this.#folders) {
      if (same.has(at)) continue;
      withParent(this.#workspace, at, (parent, name) => setBits(entryOf(parent, name), 0, permissions));
    }
    const changed = [...this.#files.keys(), ...this.#folders.keys()].filter(
      (at) => !same.has(at) && at !== ".git/index",
    );
    return came.length === 0 && changed.length === 0;
  }

  #isKnown({ kind, path: at }: Seen): boolean {
    if (kind === "folder") return this.#folders.has(at);
    return this.#files.has(at) || (kind === "other" && this.#others.has(at));
  }
}

function isRemembered(folder: string): boolean {
  const [, top] = folder.split("/");
  return top === undefined || rememberedFolders.has(top);
}

function permissionsOf({ directory, name }: Seen): number {
  const held = holdEntry(entryOf(directory, name), constants.O_DIRECTORY);
  if (held === null) throw new NotWhole();
  try {
    return fstatSync(held).mode & 0o7777;
  } finally {
    closeSync(held);
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

/** Tells of `.git` and what is in it, a folder before its contents, which are told of where `see` says so. */
function walk(workspace: string, see: (entry: Seen) => boolean): void {
  const root = openRoot(workspace);
  try {
    const top: Seen = { kind: "folder", path: ".git", directory: root, name: ".git" };
    if (see(top)) walkFolder(top, 0, see);
  } finally {
    closeSync(root);
  }
}

function walkFolder(folder: Seen, depth: number, see: (entry: Seen) => boolean): void {
  if (depth > bounds.depth) throw new NotWhole();
  const directory = openDirectoryIn(folder.directory, folder.name);
  try {
    const entries = opendirSync(entryOf(directory, ""));
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        // A name that is not UTF-8 could not be written again.
        if (entry.name.includes("\uFFFD")) throw new NotWhole();
        const kind = entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";
        const seen: Seen = { kind, path: path.posix.join(folder.path, entry.name), directory, name: entry.name };
        if (see(seen) && kind === "folder") walkFolder(seen, depth + 1, see);
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
