import type { TreeEntry, UnsupportedEntry } from "@phasegate/wire";
import type { ContentStore } from "./content-store.ts";
import { clearUnsupported, restorePaths, type RestoredPath } from "./restore.ts";
import type { TreeRules } from "./tree-rules.ts";
import { walkWorkspace } from "./walk.ts";

/**
 * Makes a workspace hold these entries again after it grew past every bound: removes whatever else is not ignored,
 * litter included, and rewrites what is missing or has another size. Reads no content; the caller verifies.
 */
export function resetWorkspace(
  root: string,
  rules: TreeRules,
  contents: ContentStore,
  entries: readonly TreeEntry[],
): void {
  const missing = new Map(entries.map((entry) => [entry.path, entry]));
  const wanted: RestoredPath[] = [];
  const unsupported: UnsupportedEntry[] = [];
  walkWorkspace(
    root,
    { by: "path", rules, maxEntries: Number.MAX_SAFE_INTEGER },
    {
      entry: (path, stats) => {
        const entry = missing.get(path);
        if (entry === undefined) wanted.push({ path, entry: null });
        else if (stats !== null && Number(stats.size) === entry.size) missing.delete(path);
      },
      unsupported: (path, reason) => unsupported.push({ path, reason }),
    },
  );
  for (const entry of missing.values()) wanted.push({ path: entry.path, entry });
  clearUnsupported(root, unsupported);
  restorePaths(root, contents, wanted);
}
