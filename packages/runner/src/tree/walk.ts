import { closeSync, lstatSync, readdirSync, type BigIntStats } from "node:fs";
import { PhasegateError } from "@phasegate/wire/core";
import type { UnsupportedEntry } from "@phasegate/wire";
import { hasCode, openDirectoryIn, openRoot } from "./descriptor.ts";
import { sharedBounds, TooLargeToShare } from "./shared-thread.ts";
import type { TreeRules } from "./tree-rules.ts";

/** What a walk meets, in no order. Paths are relative; nothing ignored is reported, and no link is followed. */
export interface WalkVisitor {
  /**
   * A file or symlink. `at` names it for an immediate `open`, and stops being valid when the call returns. `stats` is
   * null for tracked files where the walk goes by descriptor: whoever opens them learns more than the walk could.
   * Setuid, setgid and sticky bits of files are the visitor's to look for.
   */
  entry(path: string, stats: BigIntStats | null, at: string): void;
  /** Asked of names before anything is looked at; true: `path` is a file or link and nothing more need be known. */
  passes?(path: string): boolean;
  unsupported(path: string, reason: UnsupportedEntry["reason"]): void;
}

/** The directory whose names are visited. */
interface Within {
  readonly at: string;
  /** Its open descriptor; null where the walk goes by path. */
  readonly directory: number | null;
  readonly prefix: string;
  readonly depth: number;
  readonly insideIgnored: boolean;
}

const modeBits = [
  [0o4000, "setuid"],
  [0o2000, "setgid"],
  [0o1000, "sticky"],
] as const;
const specialBits = 0o7000;
/** Far from what a path may be, so that every directory in which a workspace stands can hold it. */
const maxPathBytes = 2048;
const maxComponents = 128;
const typeBits = 0o170000;
const directoryType = 0o040000;
const fileType = 0o100000;
const linkType = 0o120000;

/** Which of the bits that no tree may hold are set. */
export function specialBitsOf(mode: number): readonly UnsupportedEntry["reason"][] {
  if ((mode & specialBits) === 0) return [];
  return modeBits.flatMap(([bit, reason]) => ((mode & bit) === 0 ? [] : [reason]));
}

/** True for what no tree may hold because of where it stands: bounds what a rollback and a checkout can cost. */
export function isTooLong(path: string, components: number): boolean {
  return components > maxComponents || (path.length > maxPathBytes / 3 && Buffer.byteLength(path) > maxPathBytes);
}

/**
 * Visits every entry of a workspace but its own `.git` and what is ignored.
 *
 * `by: "descriptor"` reaches each directory through its parent's open descriptor, so that a directory that is swapped
 * for a link while the walk runs leads nowhere else. `by: "path"` is faster and only good for comparing stat data
 * with what is known: what it names must be opened by descriptor before a byte of it is believed.
 */
export function walkWorkspace(
  root: string,
  options: { by: "descriptor" | "path"; rules: TreeRules; maxEntries: number; isShared?: boolean },
  visitor: WalkVisitor,
): void {
  const { rules } = options;
  let visited = 0;
  const descriptor = openRoot(root);
  try {
    if (options.by === "path") visit(root, null, "", 0, false);
    else visit(`/proc/self/fd/${descriptor}`, descriptor, "", 0, false);
  } finally {
    closeSync(descriptor);
  }

  function visit(at: string, directory: number | null, prefix: string, depth: number, insideIgnored: boolean): void {
    const within = { at, directory, prefix, depth, insideIgnored };
    if (directory === null) for (const name of readNames(at, prefix)) visitName(within, name, false);
    else for (const [name, isFile] of readEntries(at, prefix)) visitName(within, name, isFile);
  }

  function visitName(within: Within, name: string, isFile: boolean): void {
    const { at, prefix } = within;
    if (prefix === "" && name === ".git") return;
    visited += 1;
    if (options.isShared === true && visited > sharedBounds.entries) throw new TooLargeToShare();
    if (visited > options.maxEntries) {
      throw new PhasegateError(
        "tree_too_large",
        `the workspace holds more than ${options.maxEntries} entries that are not ignored`,
        { hint: "remove what was generated, or have the base ignore it" },
      );
    }
    const path = prefix === "" ? name : `${prefix}/${name}`;
    if (visitor.passes?.(path) === true) return;
    const tracked = rules.tracked.has(path);
    if (isFile && tracked && name !== ".git") return visitor.entry(path, null, `${at}/${name}`);
    visitEntry(within, `${at}/${name}`, name, path, tracked);
  }

  function visitEntry(within: Within, at: string, name: string, path: string, tracked: boolean): void {
    const { depth, insideIgnored } = within;
    let stats: BigIntStats;
    try {
      stats = lstatSync(at, { bigint: true });
    } catch (error) {
      // Gone, or its directory was swapped: the entry is not there any more.
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
      if (hasCode(error, "EACCES", "EPERM", "ENAMETOOLONG")) return visitor.unsupported(path, "unreadable");
      throw error;
    }
    const mode = Number(stats.mode);
    const type = mode & typeBits;
    const isDirectory = type === directoryType;
    const ignored = !tracked && (insideIgnored || rules.isIgnored(path, isDirectory));
    if (ignored && !(isDirectory && rules.holdsTracked(path))) return;
    if (name === ".git") return visitor.unsupported(path, "nested_git");
    if (isTooLong(path, depth + 1)) return visitor.unsupported(path, "path_too_long");
    if (type === fileType || type === linkType) return visitor.entry(path, stats, at);
    if (!ignored) for (const reason of specialBitsOf(mode)) visitor.unsupported(path, reason);
    if (isDirectory) return descend(within, at, name, path, ignored);
    visitor.unsupported(path, stats.isFIFO() ? "fifo" : stats.isSocket() ? "socket" : "device");
  }

  function descend(within: Within, at: string, name: string, path: string, insideIgnored: boolean): void {
    const { directory: parent } = within;
    const depth = within.depth + 1;
    if (parent === null) return visit(at, null, path, depth, insideIgnored);
    let directory: number;
    try {
      directory = openDirectoryIn(parent, name);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
      if (hasCode(error, "EACCES", "EPERM")) return visitor.unsupported(path, "unreadable");
      throw error;
    }
    try {
      visit(`/proc/self/fd/${directory}`, directory, path, depth, insideIgnored);
    } finally {
      closeSync(directory);
    }
  }

  function readNames(at: string, prefix: string): readonly string[] {
    const names = readable(prefix, () => readdirSync(at));
    if (names === null || !names.some((name) => name.includes("\uFFFD"))) return names ?? [];
    return decodableNames(at, prefix);
  }

  function readEntries(at: string, prefix: string): readonly (readonly [name: string, isFile: boolean])[] {
    const entries = readable(prefix, () => readdirSync(at, { withFileTypes: true }));
    if (entries === null) return [];
    // Where bytes were lost two entries may seem to have one name: of none of them is the type known by it.
    if (entries.some((found) => found.name.includes("\uFFFD"))) {
      return decodableNames(at, prefix).map((name) => [name, false]);
    }
    return entries.map((found) => [found.name, found.isFile()]);
  }

  function readable<Result>(prefix: string, read: () => Result): Result | null {
    try {
      return read();
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
      if (!hasCode(error, "EACCES", "EPERM")) throw error;
      visitor.unsupported(prefix, "unreadable");
      return null;
    }
  }

  /** The names that are UTF-8; reports the others. */
  function decodableNames(at: string, prefix: string): readonly string[] {
    const decodable: string[] = [];
    for (const raw of readdirSync(at, { encoding: "buffer" })) {
      const name = raw.toString("utf8");
      if (Buffer.from(name).equals(raw)) decodable.push(name);
      else visitor.unsupported(prefix === "" ? name : `${prefix}/${name}`, "path_not_utf8");
    }
    return decodable;
  }
}
