import { isUtf8 } from "node:buffer";
import { writeGitTree, type TreeObjects } from "../git/tree-objects.ts";
import type { FileSample, TreeChange, TreeEntry } from "@phasegate/wire";
import { fileSamples } from "../tree/file-samples.ts";
import { diffManifests, type Manifest } from "../tree/manifest.ts";
import { fairText, type Section, sectionsOf } from "./difference-sections.ts";

/** How much of a difference is wanted. */
export interface DifferencePart {
  readonly maxBytes: number;
  /** One file, or a folder with all that is in it. */
  readonly path?: string;
  /** Changed files before this one, by their place in path order, are left out. */
  readonly offset?: number;
  /** Changed files to name and show, at most `maxChangedPaths`. */
  readonly limit?: number;
}

export interface TreeDifferenceText {
  readonly text: string;
  readonly changedPaths: string[];
  /** Of all that changed, also past those that are named. */
  readonly changedPathsTotal: number;
  /** Where the files go on that are not named; null after the last. */
  readonly nextOffset: number | null;
  /** Named files whose difference is not shown, or not to its end. */
  readonly cutPaths: string[];
  readonly truncated: boolean;
  /** What is named, with what the beginnings of the files are like. */
  readonly changes: readonly TreeChange[];
  readonly samples: Readonly<Record<string, FileSample>>;
}

const maxChangedPaths = 1000;
/** Content of files, before and after, that is compared for one text; more only where it is that of one file. */
const maxComparedBytes = 4 * 1024 * 1024;
/** What git may print of it. */
const maxPrintedBytes = 16 * 1024 * 1024;
/** A file with a zero byte is looked at up to here to tell whether it is text all the same. */
const maxTextBytes = 512 * 1024;
/** Files with a zero byte that one text shows. */
const maxTexts = 100;

/**
 * Unified text of what changed between two trees, at most `maxBytes`: every file gets its share, and a long one is cut,
 * not those that follow. Binary files are named only; one that is text but for zero bytes is shown with those escaped.
 * No attribute, text conversion or external program takes part.
 */
export async function treeDifference(
  objects: TreeObjects,
  from: Manifest,
  to: Manifest,
  { maxBytes, path, offset = 0, limit = maxChangedPaths }: DifferencePart,
): Promise<TreeDifferenceText> {
  const all = diffManifests(from, to).filter((change) => path === undefined || isWithin(change.path, path));
  const end = offset + Math.min(limit, maxChangedPaths);
  const changes = all.slice(offset, end);
  const compared = comparable(changes);
  const printed = await printSections(objects, compared);
  const { text, cutPaths } = fairText(await withTexts(objects, compared, printed.sections), maxBytes);
  const cut = new Set(cutPaths);
  const isShown = new Set(compared);
  return {
    text,
    changedPaths: changes.map((change) => change.path),
    changedPathsTotal: all.length,
    nextOffset: end < all.length ? end : null,
    cutPaths: changes.flatMap((change) =>
      printed.truncated || !isShown.has(change) || cut.has(change.path) ? [change.path] : [],
    ),
    truncated: printed.truncated || cut.size > 0 || compared.length < all.length,
    changes,
    samples: fileSamples(objects.contents, changes),
  };
}

function isWithin(path: string, wanted: string): boolean {
  const folder = wanted.replace(/\/+$/, "");
  return path === folder || path.startsWith(`${folder}/`);
}

/** The changes that one text can show, in their order: small files first, and one file whatever its size. */
function comparable(changes: readonly TreeChange[]): readonly TreeChange[] {
  const sizes = new Map(changes.map((change) => [change, (change.before?.size ?? 0) + (change.after?.size ?? 0)]));
  const chosen = new Set<TreeChange>();
  let bytes = 0;
  for (const change of changes.toSorted((one, other) => (sizes.get(one) ?? 0) - (sizes.get(other) ?? 0))) {
    bytes += sizes.get(change) ?? 0;
    if (bytes > maxComparedBytes && chosen.size > 0) break;
    chosen.add(change);
  }
  return changes.filter((change) => chosen.has(change));
}

interface Printed {
  readonly sections: readonly Section[];
  readonly truncated: boolean;
}

async function printSections(
  objects: TreeObjects,
  changes: readonly TreeChange[],
  ...options: readonly string[]
): Promise<Printed> {
  if (changes.length === 0) return { sections: [], truncated: false };
  const before = changes.flatMap((change) => (change.before === null ? [] : [change.before]));
  const after = changes.flatMap((change) => (change.after === null ? [] : [change.after]));
  const left = await writeGitTree(objects, null, { upserts: before, removals: [] });
  const right = await writeGitTree(objects, null, { upserts: after, removals: [] });
  const result = await objects.git.attempt({
    gitDir: objects.gitDir,
    maxBytes: maxPrintedBytes,
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
      ...options,
      left,
      right,
    ],
  });
  return { sections: sectionsOf(result.stdout.toString("utf8")), truncated: result.truncated };
}

/** Git takes a file with a zero byte for binary, whatever else is in it: what is text is printed as text. */
async function withTexts(
  objects: TreeObjects,
  changes: readonly TreeChange[],
  sections: readonly Section[],
): Promise<readonly Section[]> {
  const binary = new Set(sections.filter(({ text }) => text.includes("\nBinary files ")).map(({ path }) => path));
  const texts = changes
    .filter((change) => binary.has(change.path) && [change.before, change.after].every((one) => isText(objects, one)))
    .slice(0, maxTexts);
  const printed = await printSections(objects, texts, "--text");
  const byPath = Map.groupBy(printed.sections, ({ path }) => path);
  return sections.flatMap((section) => {
    const shown = binary.has(section.path) ? byPath.get(section.path) : undefined;
    return shown ? shown.map(({ path, text }) => ({ path, text: text.replaceAll("\0", "\\u{0}") })) : [section];
  });
}

function isText({ contents }: TreeObjects, entry: TreeEntry | null): boolean {
  if (entry?.type !== "file") return true;
  return entry.size <= maxTextBytes && isUtf8(contents.readStart(entry.content, maxTextBytes));
}
