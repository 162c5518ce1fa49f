import { writeGitTree, type TreeObjects } from "../git/tree-objects.ts";
import type { FileSample, TreeChange } from "@phasegate/wire";
import { fileSamples } from "../tree/file-samples.ts";
import { diffManifests, type Manifest } from "../tree/manifest.ts";

export interface TreeDifferenceText {
  readonly text: string;
  readonly changedPaths: string[];
  /** Of all that changed, also past those that are named. */
  readonly changedPathsTotal: number;
  readonly truncated: boolean;
  /** All that changed, with what the beginnings of the files are like. */
  readonly changes: readonly TreeChange[];
  readonly samples: Readonly<Record<string, FileSample>>;
}

const maxChangedPaths = 1000;

/**
 * Unified text of what changed between two trees, at most `maxBytes`, cut at a line. Binary files are named only.
 * No attribute, text conversion or external program takes part.
 */
export async function treeDifference(
  objects: TreeObjects,
  from: Manifest,
  to: Manifest,
  maxBytes: number,
): Promise<TreeDifferenceText> {
  const changes = diffManifests(from, to);
  const changedPaths = changes.slice(0, maxChangedPaths).map((change) => change.path);
  const samples = fileSamples(objects.contents, changes);
  const about = { changedPaths, changedPathsTotal: changes.length, changes, samples };
  if (changes.length === 0) return { ...about, text: "", truncated: false };
  const before = changes.flatMap((change) => (change.before === null ? [] : [change.before]));
  const after = changes.flatMap((change) => (change.after === null ? [] : [change.after]));
  const left = await writeGitTree(objects, null, { upserts: before, removals: [] });
  const right = await writeGitTree(objects, null, { upserts: after, removals: [] });
  const result = await objects.git.attempt({
    gitDir: objects.gitDir,
    maxBytes,
    args: [
      "diff-tree",
      "-p",
      "-r",
      "--no-ext-diff",
      "--no-textconv",
      "--no-renames",
      "--no-color",
      "--src-prefix=a/",
      "--dst-prefix=b/",
      left,
      right,
    ],
  });
  const text = result.stdout.toString("utf8");
  return {
    text: result.truncated ? text.slice(0, text.lastIndexOf("\n") + 1) : text,
    ...about,
    truncated: result.truncated || changes.length > maxChangedPaths,
  };
}
