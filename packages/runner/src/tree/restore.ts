import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  type Stats,
} from "node:fs";
import type { TreeEntry, UnsupportedEntry } from "@phasegate/wire";
import type { ContentStore } from "./content-store.ts";
import { entryOf, hasCode, withParent, withParentMade, withParents } from "./descriptor.ts";
import { removeWhole } from "./remove-whole.ts";
import { setBits } from "./special-bits.ts";

/** Where a path shall stand; `entry` null: nowhere. */
export interface RestoredPath {
  readonly path: string;
  readonly entry: TreeEntry | null;
}

/**
 * Puts paths of a workspace back. Each file appears whole or not at all; no link is followed on the way; what stands
 * in the way of a wanted entry goes. Nothing may run in the workspace meanwhile. The caller verifies by digest.
 */
export function restorePaths(root: string, contents: ContentStore, wanted: readonly RestoredPath[]): void {
  for (const { path, entry } of wanted) {
    if (entry === null) withWritableParents(root, path, () => removePath(root, path, { recursive: false }));
  }
  for (const { path, entry } of wanted) {
    if (entry?.type === "file") withWritableParents(root, path, () => restoreFile(root, contents, path, entry));
    if (entry?.type === "symlink") withWritableParents(root, path, () => restoreLink(root, contents, path, entry));
  }
}

/** Permission bits of directories are in no tree: where they stand in the way, the owner's are given back. */
function withWritableParents(root: string, path: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    for (let end = path.indexOf("/"); end > 0; end = path.indexOf("/", end + 1)) {
      onEntry(root, path.slice(0, end), (at, stats) => {
        if (stats.isDirectory()) setBits(at, 0o777, 0o700);
      });
    }
    change();
  }
}

/** Ends what no tree may hold: removes it, or takes the special bits off it. */
export function clearUnsupported(root: string, entries: readonly UnsupportedEntry[]): void {
  for (const { path, reason } of entries) {
    switch (reason) {
      case "fifo":
      case "socket":
      case "device":
      case "nested_git":
      case "path_too_long":
        removePath(root, path, { recursive: true });
        break;
      case "setuid":
      case "setgid":
      case "sticky":
        onEntry(root, path, (at) => setBits(at, 0o777, 0));
        break;
      case "unreadable":
        onEntry(root, path, (at, stats) => setBits(at, 0o777, stats.isDirectory() ? 0o700 : 0o600));
        break;
      case "path_not_utf8":
        removeUndecodable(root, path);
        break;
      default:
        reason satisfies never;
    }
  }
}

/** Puts a file whole in the place of whatever stands at a path; `write` fills it. No link is followed on the way. */
export function replaceFile(root: string, path: string, write: (descriptor: number) => void): void {
  withWritableParents(root, path, () => placeFile(root, path, write));
}

/** Removes what stands at a path, whatever it is, and nothing else. No link is followed on the way. */
export function removeEntry(root: string, path: string): void {
  withWritableParents(root, path, () => withParent(root, path, (parent, name) => removeWhole(entryOf(parent, name))));
}

function restoreFile(root: string, contents: ContentStore, path: string, entry: TreeEntry): void {
  placeFile(root, path, (descriptor) => contents.writeTo(entry.content, descriptor, entry.permissions));
}

function placeFile(root: string, path: string, write: (descriptor: number) => void): void {
  place(root, path, (temporary) => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const descriptor = openSync(temporary, flags, 0o600);
    try {
      write(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

function restoreLink(root: string, contents: ContentStore, path: string, entry: TreeEntry): void {
  place(root, path, (temporary) => symlinkSync(contents.readSync(entry.content), temporary));
}

function place(root: string, path: string, write: (temporary: string) => void): void {
  withParentMade(
    root,
    path,
    (parent, name) => {
      const target = entryOf(parent, name);
      const temporary = entryOf(parent, `.phasegate-${randomUUID()}`);
      try {
        write(temporary);
        if (lookAt(target)?.isDirectory() === true) removeWhole(target);
        renameSync(temporary, target);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    },
    (parent, name) => unlinkSync(entryOf(parent, name)),
  );
}

/** Removes what stands at a path, and the directories that this leaves empty. A directory only if `recursive`. */
function removePath(root: string, path: string, options: { recursive: boolean }): void {
  const whole = path.split("/").length;
  withParents(root, path, (steps) => {
    for (const [index, { directory, name }] of [...steps.entries()].toReversed()) {
      const at = entryOf(directory, name);
      const stats = lookAt(at);
      if (stats === null) continue;
      const removable = index === whole - 1 && (options.recursive || !stats.isDirectory());
      if (removable) removeWhole(at);
      else if (!removeEmpty(at)) return;
    }
  });
}

/** False when there is something in it. */
function removeEmpty(at: string): boolean {
  try {
    rmdirSync(at);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}

function removeUndecodable(root: string, path: string): void {
  const ignoreMissing = (error: unknown) => {
    if (!hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
  };
  try {
    withParent(root, path, (parent, lossyName) => {
      const at = entryOf(parent, "");
      for (const raw of readdirSync(at, { encoding: "buffer" })) {
        const name = raw.toString("utf8");
        if (name !== lossyName || Buffer.from(name).equals(raw)) continue;
        removeWhole(Buffer.concat([Buffer.from(at), raw]));
      }
    });
  } catch (error) {
    ignoreMissing(error);
  }
}

function onEntry(root: string, path: string, use: (at: string, stats: Stats) => void): void {
  try {
    withParent(root, path, (parent, name) => {
      const at = entryOf(parent, name);
      const stats = lookAt(at);
      if (stats !== null) use(at, stats);
    });
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
  }
}

function lookAt(at: string): Stats | null {
  try {
    return lstatSync(at);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
