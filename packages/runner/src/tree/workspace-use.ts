import { execFileSync } from "node:child_process";
import { closeSync, lstatSync, unlinkSync, type Stats } from "node:fs";
import { removeWhole } from "./remove-whole.ts";
import { entryOfBytes, hasCode, namesIn, openDirectoryIn, openRoot } from "./descriptor.ts";
import { setBits, specialBits } from "./special-bits.ts";
import { sharedBounds, TooLargeToShare } from "./shared-thread.ts";

/** What a workspace takes on its disk, `.git`, scratch and ignored files included. */
export interface WorkspaceUse {
  readonly bytes: number;
  readonly entries: number;
  /** False: there is more, and it was past the bounds already. */
  readonly whole: boolean;
  /** Setuid, setgid or sticky bits stand somewhere in it, or it is too deep to be looked at everywhere. */
  readonly hasSpecialBits: boolean;
}

export interface UseBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

const blockBytes = 512;
/** Directories that one path may lead through: each is an open descriptor. */
const maxDepth = 256;
const deepMs = 30_000;

/**
 * Adds up what lies below a directory, each hard link once as the disk has it, and stops past twice the bounds.
 * Follows no link, also where a directory is swapped for one meanwhile.
 */
export function measureUse(root: string, bounds: UseBounds, options: { isShared?: boolean } = {}): WorkspaceUse {
  let bytes = 0;
  let entries = 0;
  let hasSpecialBits = false;
  const linked = new Set<number>();
  const isWithin = (): boolean => bytes <= 2 * bounds.maxBytes && entries <= 2 * bounds.maxEntries;
  const whole = visitAll(root, (at, stats, _path, isDeep) => {
    if (options.isShared === true && (isDeep || entries > sharedBounds.entries)) throw new TooLargeToShare();
    hasSpecialBits ||= isDeep || (!stats.isSymbolicLink() && (stats.mode & specialBits) !== 0);
    if (isDeep) {
      const below = useBelow(at);
      entries += below?.entries ?? 0;
      bytes += below?.bytes ?? 0;
      return below !== null && isWithin();
    }
    entries += 1;
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (linked.has(stats.ino)) return true;
      linked.add(stats.ino);
    }
    bytes += stats.blocks * blockBytes;
    return isWithin();
  });
  return { bytes, entries, whole, hasSpecialBits };
}

/**
 * Takes setuid, setgid and sticky bits off everything but the paths of `keep`, ignored files included: what a command left
 * with them would be a program of whoever runs the server. What lies deeper than honest programs go is removed whole.
 */
export function clearSpecialBits(root: string, keep: readonly string[]): void {
  const kept = new Set(keep);
  visitAll(root, (at, stats, path, isDeep) => {
    if (isDeep) removeWhole(at);
    else if (!stats.isSymbolicLink() && (stats.mode & specialBits) !== 0 && !kept.has(path)) setBits(at, 0o777, 0);
    return true;
  });
}

/**
 * Removes every file that came or changed since `sinceMs` but those of `keep`; `.git` is left alone. What lies deeper
 * than honest programs go is removed whole, whatever its age.
 */
export function removeSince(
  root: string,
  options: { readonly sinceMs: number; readonly keep: readonly string[] },
): void {
  const keep = new Set(options.keep);
  visitAll(root, (at, stats, path, isDeep) => {
    if (isDeep) removeWhole(at);
    if (stats.isDirectory() || stats.ctimeMs < options.sinceMs || keep.has(path)) return true;
    if (path === ".git" || path.startsWith(".git/")) return true;
    unlinkSync(at);
    return true;
  });
}

/** `du` goes to any depth and holds no descriptor for each directory on the way. Null when it cannot tell. */
function useBelow(at: string | Buffer): Pick<WorkspaceUse, "bytes" | "entries"> | null {
  // The path leads through a descriptor of this process, which is another's "self" there.
  const directory = `${at.toString().replace("/proc/self/", `/proc/${process.pid}/`)}/.`;
  const count = (unit: string): number => {
    const printed = execFileSync("du", ["-s", unit, "--", directory], {
      encoding: "utf8",
      timeout: deepMs,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number.parseInt(printed, 10);
  };
  try {
    return { bytes: count("--block-size=1"), entries: count("--inodes") };
  } catch {
    return null;
  }
}

type Visit = (at: string | Buffer, stats: Stats, path: string, isDeep: boolean) => boolean;

/** False when the visitor stopped. A directory that lies too deep is visited once more as such, and not entered. */
function visitAll(root: string, visit: Visit): boolean {
  const descriptor = openRoot(root);
  try {
    return visitDirectory(descriptor, "", 0);
  } finally {
    closeSync(descriptor);
  }

  function visitDirectory(directory: number, prefix: string, depth: number): boolean {
    for (const name of namesIn(directory)) {
      const at = entryOfBytes(directory, name);
      const path = prefix === "" ? String(name) : `${prefix}/${String(name)}`;
      const stats = ifThere(() => lstatSync(at));
      if (stats === null) continue;
      if (!visit(at, stats, path, false)) return false;
      if (!stats.isDirectory()) continue;
      if (depth === maxDepth) {
        if (!visit(at, stats, path, true)) return false;
        continue;
      }
      const below = ifThere(() => openDirectoryIn(directory, name));
      if (below === null) continue;
      try {
        if (!visitDirectory(below, path, depth + 1)) return false;
      } finally {
        closeSync(below);
      }
    }
    return true;
  }
}

/** Null for what is gone, was swapped, or may not be looked at. */
function ifThere<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM")) return null;
    throw error;
  }
}
