import { mkdir, readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { parseDigest, type TaskId, type TreeDigest, type UnsupportedEntry } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import { writeAgentSettings } from "../git/agent-settings.ts";
import type { Git } from "../git/git.ts";
import type { Mirror } from "../git/mirror.ts";
import { holdsAgentRepository, makeAgentRepository, makeTaskRepository } from "../git/task-repository.ts";
import type { WorkspaceKey } from "../port.ts";
import type { ReadOnlyMount } from "../sandbox/sandbox.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { diffManifests, diffPaths, patchManifest, type Manifest } from "../tree/manifest.ts";
import type { ManifestStore } from "../tree/manifest-store.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import type { PathClass } from "../tree/scanner.ts";
import type { TreeWorkers } from "../tree/tree-workers.ts";
import { toTreeEntry, writeWhole, type BaseTree, type BaseTrees } from "./base-trees.ts";
import type { KeptVersions } from "./kept-versions.ts";
import type { Layout } from "./layout.ts";

const pathsAtATime = 1_000;

/** What all workspaces of a runner share. */
export interface WorkspaceParts {
  readonly git: Git;
  readonly layout: Layout;
  readonly contents: ContentStore;
  readonly manifests: ManifestStore;
  readonly baseTrees: BaseTrees;
  readonly workers: TreeWorkers;
  /** Walk what may be large, beside the workers that answer calls. */
  readonly walkers: TreeWorkers;
  readonly versions: KeptVersions;
  mirrorOf(repository: string): Promise<Mirror>;
}

/** The workspace as it was read. */
export interface Snapshot {
  readonly manifest: Manifest;
  readonly unsupported: readonly UnsupportedEntry[];
  readonly litter: readonly string[];
}

interface KeptState {
  readonly kept: TreeDigest;
  /** Null before the first. */
  readonly commit: TaskCommit | null;
}

/** The last commit of a task, and the base that its tree was made on. */
export interface TaskCommit {
  readonly id: string;
  readonly base: string;
}

/**
 * The files of one task: where they are, what they were when last judged, and how they are read and put back.
 * Its caller holds the workspace's lock.
 */
export class TaskWorkspace {
  readonly taskId: TaskId;
  readonly path: string;
  readonly mirror: Mirror;
  readonly #parts: WorkspaceParts;
  readonly #ref: string;
  #workflow: CompiledWorkflow;
  #base: BaseTree;
  #seen: Manifest | null = null;
  #kept: Manifest;
  #commit: TaskCommit | null;

  private constructor(
    parts: WorkspaceParts,
    key: WorkspaceKey,
    found: { mirror: Mirror; base: BaseTree; kept: Manifest; commit: TaskCommit | null },
  ) {
    this.#parts = parts;
    this.taskId = key.taskId;
    this.#ref = key.base.ref;
    this.#workflow = key.workflow;
    this.path = parts.layout.workspace(key.taskId);
    this.mirror = found.mirror;
    this.#base = found.base;
    this.#kept = found.kept;
    this.#commit = found.commit;
  }

  /** Opens the task's workspace, making it from the base if it is not there. */
  static async open(parts: WorkspaceParts, key: WorkspaceKey): Promise<TaskWorkspace> {
    const mirror = await parts.mirrorOf(key.repository);
    await mirror.ensure(key.base.commit);
    const base = await parts.baseTrees.get(mirror, key.base.commit, key.workflow);
    await makeTaskRepository(parts.git, mirror, parts.layout.taskGitDir(key.taskId));
    const state = await readState(parts.layout.taskState(key.taskId));
    const there = await stat(parts.layout.workspace(key.taskId)).catch(() => null);
    if (state !== null && there?.isDirectory() === true) {
      const kept = await parts.manifests.get(state.kept);
      return new TaskWorkspace(parts, key, { mirror, base, kept, commit: state.commit });
    }
    // A workspace that was lost is made again as it was last judged.
    const kept = state === null ? base.manifest : await parts.manifests.get(state.kept);
    const workspace = new TaskWorkspace(parts, key, { mirror, base, kept, commit: state?.commit ?? null });
    await workspace.#make(key);
    return workspace;
  }

  get gitDir(): string {
    return this.#parts.layout.taskGitDir(this.taskId);
  }
  get base(): BaseTree {
    return this.#base;
  }
  /** The tree after the last exclusive use. */
  get kept(): Manifest {
    return this.#kept;
  }
  get commit(): TaskCommit | null {
    return this.#commit;
  }

  /** What a command must be able to read for git to work in the clone: base history, and nothing of other tasks. */
  get readOnlyMounts(): readonly ReadOnlyMount[] {
    return [{ source: this.mirror.objectsDirectory }];
  }

  async keep(manifest: Manifest): Promise<void> {
    if (manifest.digest === this.#kept.digest) return;
    await this.#write({ kept: manifest.digest, commit: this.#commit });
    this.#kept = manifest;
  }

  async keepCommit(commit: TaskCommit): Promise<void> {
    await this.#write({ kept: this.#kept.digest, commit });
    this.#commit = commit;
  }

  /** From now on the workspace is read by the rules of this base and workflow. */
  async adopt(base: { commit: string }, workflow: CompiledWorkflow): Promise<void> {
    if (base.commit === this.#base.commit && workflow.digest === this.#workflow.digest) return;
    await this.mirror.ensure(base.commit);
    this.#base = await this.#parts.baseTrees.get(this.mirror, base.commit, workflow);
    this.#workflow = workflow;
    this.#seen = null;
  }

  /**
   * Reads the workspace; `full` reads every byte. Rejects with `tree_too_large` past the bounds, which are narrower for
   * what a single call left, and with `workspace_full` where that is more than `maxNewBytes`.
   */
  async scan(
    mode: "cached" | "full",
    { afterCall = false, maxNewBytes = Infinity }: { afterCall?: boolean; maxNewBytes?: number } = {},
  ): Promise<Snapshot> {
    const from = this.#seen;
    const { rulesFile } = this.#base;
    const request = { root: this.path, rulesFile, mode, from: from?.digest ?? null, afterCall, maxNewBytes };
    this.#seen = null;
    const result = await this.#parts.workers.scan(request, (paths) => this.#classify(paths));
    this.#parts.versions.note(this.taskId, result.storedBytes, Date.now());
    const previous = from?.digest === result.previous ? from : await this.#parts.manifests.get(result.previous);
    const manifest = patchManifest(previous, result, result.digest);
    await this.#parts.manifests.put(manifest, previous, result);
    this.#seen = manifest;
    return { manifest, unsupported: result.unsupported, litter: result.litter };
  }

  /**
   * Puts paths (all that differ where `paths` is "all") back to `target`, and clears unsupported entries there.
   * With "all", the litter that came since `litterBefore` goes too; null: nobody knows what was there before.
   */
  async restore(
    now: Snapshot,
    target: Manifest,
    paths: "all" | readonly string[],
    litterBefore: readonly string[] | null = null,
  ): Promise<void> {
    const changes = paths === "all" ? diffManifests(target, now.manifest) : diffPaths(target, now.manifest, paths);
    const unsupported = now.unsupported.filter((entry) => paths === "all" || paths.includes(entry.path));
    const known = new Set(litterBefore);
    const litter = paths === "all" && litterBefore !== null ? now.litter.filter((path) => !known.has(path)) : [];
    if (changes.length === 0 && unsupported.length === 0 && litter.length === 0) return;
    await this.#parts.workers.restore({
      root: this.path,
      wanted: [
        ...changes.map((change) => ({ path: change.path, entry: change.before })),
        ...litter.map((path) => ({ path, entry: null })),
      ],
      unsupported,
    });
  }

  /** Makes the agent's `.git` anew where it is gone or is none any more, so that its git goes on working; says whether. */
  async mendRepository(): Promise<boolean> {
    if (!holdsAgentRepository(this.path, this.mirror)) {
      await this.remakeRepository();
      return true;
    }
    // Whoever held the lock of the index has ended.
    await removeDirectory(path.join(this.path, ".git/index.lock"));
    return false;
  }

  /** Ends what a holder before left in the settings of `.git`, which would run in the calls of the next one. */
  async renewSettings(): Promise<void> {
    const objectFormat = this.#base.commit.length === 64 ? "sha256" : "sha1";
    try {
      writeAgentSettings(this.path, { objectFormat, objectsDirectory: this.mirror.objectsDirectory });
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      await this.remakeRepository();
    }
  }

  /** Replaces the agent's `.git` by a new one: what it kept there is gone. */
  async remakeRepository(): Promise<void> {
    const { git } = this.#parts;
    await removeDirectory(path.join(this.path, ".git"));
    await makeAgentRepository(git, this.mirror, { workspace: this.path, ref: this.#ref, commit: this.#base.commit });
  }

  /** Makes the workspace hold `target` and nothing else that is not ignored, whatever it holds now. */
  async reset(target: Manifest): Promise<void> {
    this.#seen = null;
    const entries = [...target.entries.values()];
    await this.#parts.workers.reset({ root: this.path, rulesFile: this.#base.rulesFile, entries });
    const now = await this.scan("full");
    if (now.manifest.digest !== target.digest) await this.restore(now, target, "all");
    await this.keep(target);
  }

  /** Of very many paths some at a time: whoever else waits for this thread has a turn between. */
  async #classify(paths: readonly string[]): Promise<PathClass[]> {
    const classes: PathClass[] = [];
    for (let start = 0; start < paths.length; start += pathsAtATime) {
      if (start > 0) await setImmediate();
      for (const path of paths.slice(start, start + pathsAtATime)) {
        if (this.#workflow.isScratch(path)) classes.push("scratch");
        else classes.push(this.#workflow.mayBelongToTree(path) ? "tree" : "litter");
      }
    }
    return classes;
  }

  async #make(key: WorkspaceKey): Promise<void> {
    const { git, layout, workers } = this.#parts;
    await mkdir(layout.workspaces, { recursive: true, mode: 0o700 });
    const making = `${this.path}.making`;
    await removeDirectory(making);
    await removeDirectory(this.path);
    await mkdir(making, { mode: 0o755 });
    const inTree = [...this.#kept.entries.values()];
    // Tracked files in scratch folders are in no tree, but in every checkout.
    const inScratch = this.#base.listing.filter((entry) => this.#workflow.isScratch(entry.path)).map(toTreeEntry);
    const wanted = [...inScratch, ...inTree].map((entry) => ({ path: entry.path, entry }));
    await workers.restore({ root: making, wanted, unsupported: [] });
    await makeAgentRepository(git, this.mirror, { workspace: making, ref: key.base.ref, commit: key.base.commit });
    await workers.forget(making);
    await this.#write({ kept: this.#kept.digest, commit: this.#commit });
    await rename(making, this.path);
  }

  async #write(state: KeptState): Promise<void> {
    await writeWhole(this.#parts.layout.taskState(this.taskId), JSON.stringify(state));
  }
}

/** The tree that a task's workspace had when it was last judged; null where there is none. */
export async function keptTreeOf(stateFile: string): Promise<TreeDigest | null> {
  return (await readState(stateFile))?.kept ?? null;
}

async function readState(file: string): Promise<KeptState | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const value = JSON.parse(text) as { kept?: unknown; commit?: Partial<TaskCommit> | null };
  const kept = parseDigest(value.kept);
  if (kept === null) return null;
  const { id, base } = value.commit ?? {};
  return { kept, commit: typeof id === "string" && typeof base === "string" ? { id, base } : null };
}
