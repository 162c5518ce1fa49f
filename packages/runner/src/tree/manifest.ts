import { compareTreePaths, digestTree } from "@phasegate/wire/core";
import type { TreeChange, TreeDigest, TreeEntry } from "@phasegate/wire";

/** A tree, entry by entry. */
export interface Manifest {
  readonly digest: TreeDigest;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

/** What turns one tree into another: entries to put in, paths to take out. */
export interface ManifestDelta {
  readonly upserts: readonly TreeEntry[];
  readonly removals: readonly string[];
}

export function manifestOf(entries: Iterable<TreeEntry>): Manifest {
  const sorted = [...entries];
  sortByPath(sorted);
  return { digest: digestTree(sorted), entries: new Map(sorted.map((entry) => [entry.path, entry])) };
}

export const emptyManifest: Manifest = manifestOf([]);

/** The tree that `delta` makes of `from`. */
export function applyDelta(from: Manifest, delta: ManifestDelta): Manifest {
  if (delta.upserts.length === 0 && delta.removals.length === 0) return from;
  return manifestOf(patchEntries(from, delta).values());
}

/** As `applyDelta`, where the digest is known already; its entries are in no order. */
export function patchManifest(from: Manifest, delta: ManifestDelta, digest: TreeDigest): Manifest {
  return from.digest === digest ? from : { digest, entries: patchEntries(from, delta) };
}

/** `from` with other entries at paths that it holds already; null where one of them is new. */
export function replaceEntries(from: Manifest, entries: readonly TreeEntry[]): Manifest | null {
  if (entries.length === 0) return from;
  if (!entries.every((entry) => from.entries.has(entry.path))) return null;
  // A map keeps the place of a key that is set again, so the order is kept as well.
  const replaced = new Map(from.entries);
  for (const entry of entries) replaced.set(entry.path, entry);
  return { digest: digestTree([...replaced.values()]), entries: replaced };
}

function patchEntries(from: Manifest, delta: ManifestDelta): Map<string, TreeEntry> {
  const entries = new Map(from.entries);
  for (const path of delta.removals) entries.delete(path);
  for (const entry of delta.upserts) entries.set(entry.path, entry);
  return entries;
}

export function deltaBetween(from: Manifest, to: Manifest): ManifestDelta {
  const changes = diffManifests(from, to);
  return {
    upserts: changes.flatMap((change) => (change.after === null ? [] : [change.after])),
    removals: changes.filter((change) => change.after === null).map((change) => change.path),
  };
}

/** Every difference, in path order. A rename is a deletion and an addition. */
export function diffManifests(from: Manifest, to: Manifest): TreeChange[] {
  if (from.digest === to.digest) return [];
  const paths: string[] = [];
  for (const [path, entry] of from.entries) if (!sameEntry(entry, to.entries.get(path))) paths.push(path);
  for (const path of to.entries.keys()) if (!from.entries.has(path)) paths.push(path);
  return diffPaths(from, to, paths.sort(comparisonOf(paths)));
}

/** As `diffManifests`, for these paths only. */
export function diffPaths(from: Manifest, to: Manifest, paths: readonly string[]): TreeChange[] {
  return paths.flatMap((path) => {
    const before = from.entries.get(path) ?? null;
    const after = to.entries.get(path) ?? null;
    if (before === null && after === null) return [];
    if (before !== null && sameEntry(before, after ?? undefined)) return [];
    const kind = before === null ? "added" : after === null ? "deleted" : "modified";
    return [{ path, kind, before, after } satisfies TreeChange];
  });
}

export function sameEntry(left: TreeEntry, right: TreeEntry | undefined): boolean {
  return (
    right !== undefined &&
    left.content === right.content &&
    left.permissions === right.permissions &&
    left.type === right.type
  );
}

// oxlint-disable-next-line no-control-regex -- the range is what it says: everything outside plain ASCII
const beyondAscii = /[^\u0000-\u007f]/;

function sortByPath(entries: TreeEntry[]): void {
  const compare = comparisonOf(entries.map((entry) => entry.path));
  entries.sort((left, right) => compare(left.path, right.path));
}

/** UTF-16 order is UTF-8 order for ASCII, and a plain comparison is many times faster. */
function comparisonOf(paths: readonly string[]): (left: string, right: string) => number {
  return paths.some((path) => beyondAscii.test(path)) ? compareTreePaths : compareUnits;
}

function compareUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
