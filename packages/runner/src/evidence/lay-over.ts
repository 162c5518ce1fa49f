import type { TreeEntry } from "@phasegate/wire";

/** Entries of both; a file and something below it cannot both be in a tree, and what is laid over wins. */
export function layOver(kept: readonly TreeEntry[], laid: readonly TreeEntry[]): TreeEntry[] {
  const laidPaths = new Set(laid.map((entry) => entry.path));
  const laidDirectories = new Set(laid.flatMap((entry) => parentsOf(entry.path)));
  const standing = kept.filter(
    (entry) => !laidDirectories.has(entry.path) && !parentsOf(entry.path).some((parent) => laidPaths.has(parent)),
  );
  return [...standing, ...laid];
}

function parentsOf(file: string): string[] {
  const parents: string[] = [];
  for (let end = file.indexOf("/"); end > 0; end = file.indexOf("/", end + 1)) parents.push(file.slice(0, end));
  return parents;
}
