import { digestBytes, type TreeChange } from "@phasegate/wire";

/** What is known of the entries of a tree: their paths, and which of them are no plain files. */
export interface TreePaths {
  readonly paths: readonly string[];
  /** Absent where it was not read: then no path is taken for a plain file. */
  readonly linksAndSubmodules?: readonly string[];
}

/**
 * Finds the links that lead to a plain file which `isHeld` holds, by a relative target whose folders are all folders of
 * the tree itself. A tree keeps the digest of a link's target: the ways to held files of that length are tried.
 */
export function linksToHeldFiles(
  links: readonly TreeChange[],
  tree: TreePaths,
  isHeld: (path: string) => boolean,
): ReadonlySet<string> {
  if (links.length === 0 || tree.linksAndSubmodules === undefined) return new Set();
  const others = new Set(tree.linksAndSubmodules);
  const files = tree.paths.filter((path) => !others.has(path) && isHeld(path));
  const found = new Set<string>();
  for (const [folder, inFolder] of Map.groupBy(links, ({ path }) => path.slice(0, path.lastIndexOf("/") + 1))) {
    const targets = Map.groupBy(
      files.flatMap((file) => waysTo(folder, file)),
      (target) => encoder.encode(target).length,
    );
    for (const { path, after } of inFolder) {
      const ofLength = after === null ? [] : (targets.get(after.size) ?? []);
      if (ofLength.some((target) => digestBytes(target) === `sha256:${after?.content}`)) found.add(path);
    }
  }
  return found;
}

const encoder = new TextEncoder();

/** Relative targets that lead from a folder, with its slash, to a file: as `ln -sr` writes it, and with `./` before. */
function waysTo(folder: string, file: string): readonly string[] {
  const from = folder.split("/").slice(0, -1);
  const to = file.split("/");
  let shared = 0;
  while (shared < from.length && shared < to.length - 1 && from[shared] === to[shared]) shared += 1;
  const target = [...from.slice(shared).map(() => ".."), ...to.slice(shared)].join("/");
  return [target, `./${target}`];
}
