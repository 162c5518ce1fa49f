import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { PhasegateError, type TreeDigest, type TreeEntry } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import { listCommit, type ListedEntry } from "../git/base-listing.ts";
import type { Git } from "../git/git.ts";
import type { Mirror } from "../git/mirror.ts";
import type { ContentStore } from "../tree/content-store.ts";
import { manifestOf, type Manifest } from "../tree/manifest.ts";
import type { ManifestStore } from "../tree/manifest-store.ts";
import type { ScanLimits } from "../tree/scanner.ts";
import { isTooLong } from "../tree/walk.ts";
import type { TreeRulesData } from "../tree/tree-rules.ts";

/** What a commit means under a workflow: its tree, and the rules by which later trees are read. */
export interface BaseTree {
  readonly commit: string;
  readonly manifest: Manifest;
  readonly rulesFile: string;
  readonly listing: readonly ListedEntry[];
}

const maxRemembered = 32;

/** Computes and keeps the trees of base commits. A commit's blobs are read once, whatever number of workflows use it. */
export class BaseTrees {
  readonly #parts: {
    git: Git;
    contents: ContentStore;
    manifests: ManifestStore;
    directory: string;
    limits: ScanLimits;
  };
  readonly #remembered = new Map<string, Promise<BaseTree>>();

  constructor(parts: {
    git: Git;
    contents: ContentStore;
    manifests: ManifestStore;
    directory: string;
    limits: ScanLimits;
  }) {
    this.#parts = parts;
  }

  get(mirror: Mirror, commit: string, workflow: CompiledWorkflow): Promise<BaseTree> {
    const key = `${commit}-${workflow.digest.slice(-16)}`;
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered;
    const computed = this.#compute(mirror, commit, workflow, key);
    this.#remembered.set(key, computed);
    computed.catch(() => this.#remembered.delete(key));
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > maxRemembered && oldest.done !== true) this.#remembered.delete(oldest.value);
    return computed;
  }

  /** The trees of bases that a caller may just have been given. */
  async remembered(): Promise<TreeDigest[]> {
    const found = await Promise.allSettled(this.#remembered.values());
    return found.flatMap((base) => (base.status === "fulfilled" ? [base.value.manifest.digest] : []));
  }

  async #compute(mirror: Mirror, commit: string, workflow: CompiledWorkflow, key: string): Promise<BaseTree> {
    const { contents, directory, manifests } = this.#parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const listing = await this.#list(mirror, commit);
    const long = listing.find((entry) => isTooLong(entry.path, entry.path.split("/").length));
    if (long !== undefined) {
      throw new PhasegateError("tree_too_large", `the base holds a path of ${long.path.length} characters`, {
        hint: "a path in a tree has at most 2,048 bytes and 128 components",
      });
    }
    const inTree = listing.filter((entry) => !workflow.isScratch(entry.path));
    const manifest = manifestOf(inTree.map(toTreeEntry));
    await manifests.put(manifest, null);
    const rules: TreeRulesData = {
      tracked: inTree.filter((entry) => entry.mode !== "160000").map((entry) => entry.path),
      submodules: inTree
        .filter((entry) => entry.mode === "160000")
        .map((entry) => [entry.path, entry.content] as const),
      ignoreFiles: listing
        .filter((entry) => entry.mode.startsWith("100") && path.posix.basename(entry.path) === ".gitignore")
        .map((entry) => ({
          directory: entry.path === ".gitignore" ? "" : path.posix.dirname(entry.path),
          text: contents.readSync(entry.content).toString("utf8"),
        })),
      ignore: workflow.normalized.workspace.ignore,
    };
    const rulesFile = path.join(directory, `${key}.rules.json`);
    await writeWhole(rulesFile, JSON.stringify(rules));
    return { commit, manifest, rulesFile, listing };
  }

  async #list(mirror: Mirror, commit: string): Promise<ListedEntry[]> {
    const { git, contents, directory, limits } = this.#parts;
    const file = path.join(directory, `${commit}.json`);
    const kept = await readFile(file, "utf8").catch(() => null);
    if (kept !== null) return JSON.parse(kept) as ListedEntry[];
    const listing = await listCommit(git, { gitDir: mirror.gitDir, commit, contents, ...limits });
    await writeWhole(file, JSON.stringify(listing));
    return listing;
  }
}

/** Whatever bits a checkout would give, a base's files are 0644, or 0755 where git says executable. */
export function toTreeEntry(entry: ListedEntry): TreeEntry {
  const { path, content, size } = entry;
  if (entry.mode === "160000") return { path, type: "submodule", permissions: 0, content, size };
  if (entry.mode === "120000") return { path, type: "symlink", permissions: 0o777, content, size };
  return { path, type: "file", permissions: entry.mode === "100755" ? 0o755 : 0o644, content, size };
}

/** A file that is there whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const incoming = `${file}.${randomUUID()}`;
  await writeFile(incoming, text, { mode: 0o600 });
  await rename(incoming, file);
}
