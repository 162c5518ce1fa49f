import { readdir, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import path from "node:path";
import type { TaskId, TreeDigest } from "@phasegate/wire";
import type { Manifest } from "../tree/manifest.ts";
import type { ManifestStore } from "../tree/manifest-store.ts";
import { sizeOfDirectory } from "../tree/size-of-directory.ts";
import type { BaseTrees } from "./base-trees.ts";
import type { Layout } from "./layout.ts";
import { keptTreeOf } from "./task-workspace.ts";

export interface CollectRequest {
  /** Every tree that someone may still ask for, besides what the runner itself knows. */
  readonly trees: readonly TreeDigest[];
  /** The trees among these that each task needs which has not ended. */
  readonly open: ReadonlyMap<TaskId, readonly TreeDigest[]>;
  readonly now: number;
  /** What is younger stays, whatever names it: whoever just wrote it has not said so yet. An hour at least. */
  readonly graceMs: number;
}

/** What a collection removed. */
export interface Collected {
  readonly trees: number;
  readonly contents: number;
  readonly bytes: number;
}

/** Whoever wrote something has said so by then. */
export const leastGraceMs = 3_600_000;

/**
 * Removes stored trees and contents that nobody needs: not the given trees, no workspace's last judged tree, no base,
 * nothing young. Safe beside writers, which touch what they rely on, and at any moment of a crash: a tree goes before
 * what only it holds. Rejects, having removed nothing, where a tree that is needed cannot be read.
 */
export async function collectUnused(
  parts: {
    readonly layout: Layout;
    readonly manifests: ManifestStore;
    readonly baseTrees: BaseTrees;
  },
  request: CollectRequest,
): Promise<Collected> {
  const { layout, manifests } = parts;
  const youngerThan = request.now - Math.max(leastGraceMs, request.graceMs);
  const roots = new Set<TreeDigest>([
    ...request.trees,
    ...(await keptTrees(layout)),
    ...(await parts.baseTrees.remembered()),
    ...(await manifests.younger(youngerThan)),
  ]);
  const contents = await contentsOfBases(layout);
  const needed = new Set<TreeDigest>();
  for (const root of roots) {
    const chain = await manifests.chainOf(root);
    if (chain === null) continue;
    for (const digest of chain) needed.add(digest);
    for (const content of contentsOf(await manifests.look(root))) contents.add(content);
  }
  const trees = await manifests.removeUnneeded(needed, youngerThan);
  return { trees, ...(await sweepContents(layout.contents, contents, youngerThan)) };
}

/**
 * Bytes that the server keeps for each open task and that are no base's: contents of the trees that it needs, and what
 * was committed for it. A tree that cannot be read counts nothing here: a collection says so.
 */
export async function neededBytes(
  parts: { readonly layout: Layout; readonly manifests: ManifestStore },
  open: CollectRequest["open"],
): Promise<Map<TaskId, number>> {
  const bases = await contentsOfBases(parts.layout);
  const needed = new Map<TaskId, number>();
  for (const [task, trees] of open) {
    const sizes = new Map<string, number>();
    for (const tree of trees) {
      const manifest = await parts.manifests.look(tree).catch(() => null);
      for (const { content, size } of manifest?.entries.values() ?? [])
        if (!bases.has(content)) sizes.set(content, size);
    }
    const committed = await sizeOfDirectory(parts.layout.taskGitDir(task)).catch(() => 0);
    needed.set(
      task,
      [...sizes.values()].reduce((sum, size) => sum + size, committed),
    );
  }
  return needed;
}

async function keptTrees(layout: Layout): Promise<TreeDigest[]> {
  const tasks = await readdir(path.join(layout.root, "tasks")).catch(() => []);
  const found = await Promise.all(tasks.map((task) => keptTreeOf(path.join(layout.root, "tasks", task, "state.json"))));
  return found.filter((tree) => tree !== null);
}

/** Every blob of a base is named by its listing, whatever workflow made what tree of it. */
async function contentsOfBases(layout: Layout): Promise<Set<string>> {
  const contents = new Set<string>();
  for (const name of await readdir(layout.bases).catch(() => [])) {
    if (!/^[0-9a-f]{40,64}\.json$/.test(name)) continue;
    const listing = JSON.parse(await readFile(path.join(layout.bases, name), "utf8")) as { content: string }[];
    for (const { content } of listing) contents.add(content);
  }
  return contents;
}

function contentsOf(manifest: Manifest): string[] {
  return [...manifest.entries.values()].map((entry) => entry.content);
}

async function sweepContents(
  directory: string,
  needed: ReadonlySet<string>,
  youngerThan: number,
): Promise<Pick<Collected, "contents" | "bytes">> {
  let contents = 0;
  let bytes = 0;
  const incoming = path.join(directory, "incoming");
  for (const folder of await readdir(directory)) {
    for (const name of await readdir(path.join(directory, folder))) {
      if (needed.has(name)) continue;
      const size = await removeIfOld(path.join(directory, folder, name), incoming, youngerThan);
      if (size === null) continue;
      bytes += size;
      contents += 1;
    }
  }
  return { contents, bytes };
}

/**
 * Bytes that were removed, or null. RACE: a writer may touch the file after it was looked at; so it is moved away
 * first and looked at again, and one that was touched goes back. A writer that finds it gone writes it anew.
 */
async function removeIfOld(file: string, incoming: string, youngerThan: number): Promise<number | null> {
  const found = await stat(file).catch(() => null);
  if (found === null || found.mtimeMs >= youngerThan) return null;
  const aside = path.join(incoming, `${path.basename(file)}.unused`);
  await rename(file, aside);
  const again = await stat(aside);
  if (again.mtimeMs >= youngerThan) {
    await rename(aside, file);
    await utimes(file, again.atime, again.mtime);
    return null;
  }
  await unlink(aside);
  return again.size;
}
