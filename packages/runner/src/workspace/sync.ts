import { writeCommit, writeGitTree, type TreeObjects } from "../git/tree-objects.ts";
import { listCommit } from "../git/base-listing.ts";
import { PhasegateError, type TreeDigest, type TreeEntry } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { SyncOutcome, SyncRequest } from "../port.ts";
import { deltaBetween, manifestOf, type Manifest } from "../tree/manifest.ts";
import { toTreeEntry, type BaseTree } from "./base-trees.ts";
import type { WorkspaceSession } from "./session.ts";
import type { WorkspaceParts } from "./task-workspace.ts";

const identity = { name: "Phasegate", email: "phasegate@phasegate.invalid" };
const maxConflicts = 1000;

type Merge =
  | { readonly status: "merged"; readonly manifest: Manifest }
  | { readonly status: "conflicts"; readonly conflicts: string[] };

/**
 * Merges what the base became into the task's tree, its entry tree and its frozen trees, each by a three-way merge
 * from the old base. The workspace changes only when all of them merge, and then as a whole.
 */
export async function syncWorkspace(
  session: WorkspaceSession,
  parts: WorkspaceParts,
  request: SyncRequest,
): Promise<SyncOutcome> {
  return await session.alone(async () => {
    const { workspace } = session;
    await workspace.adopt(request.task.base, request.task.workflow);
    const pinned = await workspace.mirror.pin(request.ref);
    const oldBase = workspace.base;
    const newBase = await parts.baseTrees.get(workspace.mirror, pinned.commit, request.task.workflow);
    const now = await workspace.scan("full");
    if (now.manifest.digest !== workspace.kept.digest || now.unsupported.length > 0) {
      throw new PhasegateError("workspace_unavailable", "the workspace was changed from outside", {
        hint: "let the task's next call judge the change, then sync again",
      });
    }
    const objects = { git: parts.git, gitDir: workspace.gitDir, contents: parts.contents };
    const merger = await openMerger(objects, parts, { oldBase, newBase, workflow: request.task.workflow });
    const merged = new Map<TreeDigest, Manifest>();
    const conflicts = new Set<string>();
    for (const digest of new Set([now.manifest.digest, request.entryTree, ...request.frozenTrees])) {
      const merge = await merger(await parts.manifests.get(digest));
      if (merge.status === "merged") merged.set(digest, merge.manifest);
      else for (const path of merge.conflicts) conflicts.add(path);
    }
    if (conflicts.size > 0) return { status: "conflicts", conflicts: [...conflicts].sort().slice(0, maxConflicts) };
    const ofMerged = (digest: TreeDigest) => merged.get(digest) ?? now.manifest;
    for (const [digest, manifest] of merged) await parts.manifests.put(manifest, await parts.manifests.get(digest));
    const target = ofMerged(now.manifest.digest);
    await workspace.restore(now, target, "all");
    await workspace.adopt(pinned, request.task.workflow);
    const after = await workspace.scan("full");
    if (after.manifest.digest !== target.digest) {
      await workspace.adopt(oldBase, request.task.workflow);
      await workspace.reset(now.manifest);
      throw new PhasegateError("workspace_unavailable", "the merged tree could not be written whole");
    }
    await workspace.keep(after.manifest);
    return {
      status: "merged",
      base: pinned,
      baseTree: newBase.manifest.digest,
      treeBefore: now.manifest.digest,
      tree: target.digest,
      entryTree: ofMerged(request.entryTree).digest,
      frozenTrees: request.frozenTrees.map((digest) => ofMerged(digest).digest),
    };
  });
}

/**
 * A three-way merge between trees. Git merges commits, so each side becomes one, and the old base the parent of
 * both: what the branches' own history says does not matter.
 */
async function openMerger(
  objects: TreeObjects,
  parts: WorkspaceParts,
  { oldBase, newBase, workflow }: { oldBase: BaseTree; newBase: BaseTree; workflow: CompiledWorkflow },
) {
  const { git, gitDir } = objects;
  const commit = (tree: string, parents: string[]) =>
    writeCommit(objects, { tree, parents, message: "merge\n", identity });
  const origin = await commit(`${oldBase.commit}^{tree}`, []);
  const theirs = await commit(`${newBase.commit}^{tree}`, [origin]);

  return async (manifest: Manifest): Promise<Merge> => {
    const tree = await writeGitTree(objects, oldBase.commit, deltaBetween(oldBase.manifest, manifest));
    const ours = await commit(tree, [origin]);
    const result = await git.attempt({
      gitDir,
      args: ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs],
    });
    const [mergedTree = "", ...paths] = result.stdout
      .toString("utf8")
      .split("\0")
      .filter((line) => line !== "");
    if (result.exitCode === 1) return { status: "conflicts", conflicts: [...new Set(paths)] };
    if (result.exitCode !== 0) throw new PhasegateError("workspace_unavailable", "git could not merge the moved base");
    return { status: "merged", manifest: await readMerged(parts, gitDir, mergedTree, manifest, workflow) };
  };
}

async function readMerged(
  parts: WorkspaceParts,
  gitDir: string,
  tree: string,
  ours: Manifest,
  workflow: CompiledWorkflow,
): Promise<Manifest> {
  const limits = { maxFiles: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
  const listing = await listCommit(parts.git, { gitDir, commit: tree, contents: parts.contents, ...limits });
  const entries: TreeEntry[] = [];
  for (const listed of listing) {
    if (workflow.isScratch(listed.path)) continue;
    const entry = toTreeEntry(listed);
    const own = ours.entries.get(listed.path);
    // Git forgets all permission bits but one: where its bit agrees, the task's own stay.
    const sameBit =
      own !== undefined && own.type === entry.type && (own.permissions & 0o100) === (entry.permissions & 0o100);
    entries.push(sameBit ? { ...entry, permissions: own.permissions } : entry);
  }
  return manifestOf(entries);
}
