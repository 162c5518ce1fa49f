import type { TreeDigest } from "./ids.ts";
import { digestBytes } from "./json.ts";

/** Kinds of entry that a tree can hold. Directories are implied by the paths below them. */
export type TreeEntryType = "file" | "symlink" | "submodule";

export interface TreeEntry {
  /** Relative to the workspace, `/` between components, raw UTF-8, no leading slash. */
  readonly path: string;
  readonly type: TreeEntryType;
  /** Permission bits, 0 to 0o777; 0o777 for a symlink, 0 for a submodule. */
  readonly permissions: number;
  /** Files: SHA-256 hex of the raw bytes. Symlinks: SHA-256 hex of the target. Submodules: the commit id. */
  readonly content: string;
  /** Bytes; 0 for a submodule. */
  readonly size: number;
}

/** One difference between two trees. A rename is a `deleted` and an `added`. */
export interface TreeChange {
  readonly path: string;
  readonly kind: "added" | "modified" | "deleted";
  readonly before: TreeEntry | null;
  readonly after: TreeEntry | null;
}

/** Something in the workspace that no tree may hold. */
export interface UnsupportedEntry {
  readonly path: string;
  readonly reason:
    | "nested_git"
    | "fifo"
    | "socket"
    | "device"
    | "setuid"
    | "setgid"
    | "sticky"
    | "path_not_utf8"
    /** Past 2,048 bytes or 128 components: no checkout could hold it. */
    | "path_too_long"
    | "unreadable";
}

/** Order of entries in a tree: by UTF-8 bytes of the path. */
export function compareTreePaths(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/**
 * The digest of a tree: SHA-256 over its entries in path order, each as
 * `<path> NUL <type> NUL <permissions in octal> NUL <content> LF`. Entries must be sorted and unique by path.
 */
export function digestTree(entries: readonly TreeEntry[]): TreeDigest {
  const lines: string[] = [];
  for (const entry of entries) {
    lines.push(`${entry.path}\0${entry.type}\0${entry.permissions.toString(8)}\0${entry.content}\n`);
  }
  return digestBytes(lines.join("")) as TreeDigest;
}
