import type { ContentPair, TreeChange, TreeEntry } from "@phasegate/wire";
import type { Observation } from "../port.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { diffManifests, diffPaths, type Manifest } from "../tree/manifest.ts";
import type { Snapshot } from "./task-workspace.ts";

/** Texts longer than this are null: a rule that must look inside such a file finds nothing there and denies. */
const maxTextBytes = 4 * 1024 * 1024;

/** What changed from `before` to `after`, with the texts that the rules ask for. */
export function observe(
  contents: ContentStore,
  parts: { before: Manifest; after: Snapshot; entry: Manifest; contentsNeeded: ContentsNeeded },
): Observation {
  const changes = diffManifests(parts.before, parts.after.manifest);
  const paths = changes.map((change) => change.path);
  return {
    treeBefore: parts.before.digest,
    treeAfter: parts.after.manifest.digest,
    changes,
    entryChanges: diffPaths(parts.entry, parts.after.manifest, paths),
    contents: contentPairs(contents, changes, parts.contentsNeeded),
    unsupported: parts.after.unsupported,
  };
}

export type ContentsNeeded = (changes: readonly TreeChange[]) => readonly string[];

export function contentPairs(
  contents: ContentStore,
  changes: readonly TreeChange[],
  contentsNeeded: ContentsNeeded,
): Record<string, ContentPair> {
  const wanted = new Set(changes.length === 0 ? [] : contentsNeeded(changes));
  const pairs: Record<string, ContentPair> = Object.create(null) as Record<string, ContentPair>;
  for (const change of changes) {
    if (!wanted.has(change.path)) continue;
    pairs[change.path] = { before: textOf(contents, change.before), after: textOf(contents, change.after) };
  }
  return pairs;
}

/** The text of a file's entry; null where it is none, is too long, or is not UTF-8. */
export function textOf(contents: ContentStore, entry: TreeEntry | null): string | null {
  if (entry === null || entry.type !== "file" || entry.size > maxTextBytes) return null;
  return textOfBytes(contents.readSync(entry.content));
}

/** Null of what is not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
