import { compareTreePaths, digestBytes, digestTree } from "@phasegate/wire";
import type { TreeChange, TreeDifference, TreeDigest, TreeEntry, TreeFacts } from "@phasegate/wire";

/** Path -> content. */
export type Files = ReadonlyMap<string, string>;

export function filesOf(files: Readonly<Record<string, string>>): Files {
  return new Map(Object.entries(files));
}

export function treeOf(files: Files): TreeDigest {
  return digestTree([...files].map(entryOf).sort((left, right) => compareTreePaths(left.path, right.path)));
}

export function changesBetween(before: Files, after: Files): readonly TreeChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort(compareTreePaths);
  return paths.flatMap((path): TreeChange[] => {
    const left = before.get(path);
    const right = after.get(path);
    if (left === right) return [];
    return [
      {
        path,
        kind: left === undefined ? "added" : right === undefined ? "deleted" : "modified",
        before: left === undefined ? null : entryOf([path, left]),
        after: right === undefined ? null : entryOf([path, right]),
      },
    ];
  });
}

/** What a runner reads of `files`, compared with each of the earlier trees. */
export function treeFacts(files: Files, earlier: readonly Files[]): TreeFacts {
  const differences: Record<string, TreeDifference> = {};
  for (const from of earlier) {
    const digest = treeOf(from);
    differences[digest] = { from: digest, changes: changesBetween(from, files), contents: {} };
  }
  return { digest: treeOf(files), unsupported: [], litter: [], differences, paths: [...files.keys()] };
}

function entryOf([path, content]: readonly [string, string]): TreeEntry {
  const hex = digestBytes(content).slice("sha256:".length);
  return { path, type: "file", permissions: 0o644, content: hex, size: content.length };
}
