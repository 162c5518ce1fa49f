import { closeSync, lstatSync, readdirSync, type BigIntStats } from "node:fs";
import { PhasegateError } from "@phasegate/wire/core";
import type { UnsupportedEntry } from "@phasegate/wire";
import { entryOf, hasCode, openDirectoryIn, openRoot } from "./descriptor.ts";
import type { TreeRules } from "./tree-rules.ts";

/** What a walk meets, in no order. Paths are relative; nothing ignored is reported, and no link is followed. */
export interface WalkVisitor {
  /** A file or symlink. `at` names it for an immediate `open`, and stops being valid when the call returns. */
  entry(path: string, stats: BigIntStats, at: string): void;
  unsupported(path: string, reason: UnsupportedEntry["reason"]): void;
}

const modeBits = [
  [0o4000n, "setuid"],
  [0o2000n, "setgid"],
  [0o1000n, "sticky"],
] as const;
const specialBits = 0o7000n;

/**
 * Visits every entry of a workspace but its own `.git` and what is ignored.
 *
 * `by: "descriptor"` reaches each directory through its parent's open descriptor, so that a directory that is swapped
 * for a link while the walk runs leads nowhere else. `by: "path"` is faster and only good for comparing stat data
 * with what is known: what it names must be opened by descriptor before a byte of it is believed.
 */
export function walkWorkspace(
  root: string,
  options: { by: "descriptor" | "path"; rules: TreeRules; maxEntries: number },
  visitor: WalkVisitor,
): void {
  let visited = 0;
  const descriptor = openRoot(root);
  try {
    visit(options.by === "path" ? root : entryOf(descriptor, "").slice(0, -1), descriptor, "", false);
  } finally {
    closeSync(descriptor);
  }

  function visit(at: string, directory: number | null, prefix: string, insideIgnored: boolean): void {
    for (const name of readNames(at, prefix)) {
      if (prefix === "" && name === ".git") continue;
      visited += 1;
      if (visited > options.maxEntries) {
        throw new PhasegateError(
          "tree_too_large",
          `the workspace holds more than ${options.maxEntries} entries that are not ignored`,
          { hint: "remove what was generated, or have the base ignore it" },
        );
      }
      visitEntry(`${at}/${name}`, directory, name, prefix === "" ? name : `${prefix}/${name}`, insideIgnored);
    }
  }

  function visitEntry(at: string, parent: number | null, name: string, path: string, insideIgnored: boolean): void {
    let stats: BigIntStats;
    try {
      stats = lstatSync(at, { bigint: true });
    } catch (error) {
      // Gone, or its directory was swapped: the entry is not there any more.
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
      if (hasCode(error, "EACCES", "EPERM", "ENAMETOOLONG")) return visitor.unsupported(path, "unreadable");
      throw error;
    }
    const isDirectory = stats.isDirectory();
    const tracked = options.rules.tracked.has(path);
    const ignored = !tracked && (insideIgnored || options.rules.isIgnored(path, isDirectory));
    if (ignored && !(isDirectory && options.rules.holdsTracked(path))) return;
    if (name === ".git") return visitor.unsupported(path, "nested_git");
    if (!ignored && (stats.mode & specialBits) !== 0n && !stats.isSymbolicLink()) {
      for (const [bit, reason] of modeBits) if ((stats.mode & bit) !== 0n) visitor.unsupported(path, reason);
    }
    if (isDirectory) return descend(at, parent, name, path, ignored);
    if (stats.isFile() || stats.isSymbolicLink()) return visitor.entry(path, stats, at);
    visitor.unsupported(path, stats.isFIFO() ? "fifo" : stats.isSocket() ? "socket" : "device");
  }

  function descend(at: string, parent: number | null, name: string, path: string, insideIgnored: boolean): void {
    if (options.by === "path" || parent === null) return visit(at, null, path, insideIgnored);
    let directory: number;
    try {
      directory = openDirectoryIn(parent, name);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
      if (hasCode(error, "EACCES", "EPERM")) return visitor.unsupported(path, "unreadable");
      throw error;
    }
    try {
      visit(`/proc/self/fd/${directory}`, directory, path, insideIgnored);
    } finally {
      closeSync(directory);
    }
  }

  function readNames(at: string, prefix: string): string[] {
    let names: string[];
    try {
      names = readdirSync(at);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return [];
      if (!hasCode(error, "EACCES", "EPERM")) throw error;
      visitor.unsupported(prefix, "unreadable");
      return [];
    }
    if (!names.some((name) => name.includes("\uFFFD"))) return names;
    return readdirSync(at, { encoding: "buffer" }).flatMap((raw) => {
      const name = raw.toString("utf8");
      if (Buffer.from(name).equals(raw)) return [name];
      visitor.unsupported(prefix === "" ? name : `${prefix}/${name}`, "path_not_utf8");
      return [];
    });
  }
}
