import { unlinkSync, utimesSync } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { parseDigest, PhasegateError } from "@phasegate/wire/core";
import type { TreeDigest, TreeEntry } from "@phasegate/wire";
import { applyDelta, deltaBetween, emptyManifest, type Manifest, type ManifestDelta } from "./manifest.ts";

interface StoredManifest extends ManifestDelta {
  readonly parent: TreeDigest | null;
  /** Files to read until a whole tree is reached. */
  readonly depth: number;
}

const maxDepth = 64;
const maxRemembered = 128;
/** Uses that are remembered; older ones stand in the times of the files. */
const defaultMaxUses = 4_096;

/**
 * Trees by digest, on disk as differences from one another. What is handed out has the digest that was asked for,
 * or the call rejects with `workspace_unavailable`.
 */
export class ManifestStore {
  readonly #directory: string;
  readonly #remembered = new Map<TreeDigest, { manifest: Manifest; depth: number }>();
  /** When a tree was last put or asked for, the latest last: whoever did so may be about to rely on it. */
  readonly #usedAt = new Map<TreeDigest, number>();
  readonly #maxUses: number;
  #removals = 0;

  constructor(directory: string, options: { readonly maxUses?: number } = {}) {
    this.#directory = directory;
    this.#maxUses = options.maxUses ?? defaultMaxUses;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** Stored when it resolves. `parent`: a stored tree that differs little, by `delta` where the caller knows it. */
  async put(manifest: Manifest, parent: Manifest | null, delta?: ManifestDelta): Promise<void> {
    for (const used of [manifest, parent]) if (used !== null) this.#noteUse(used.digest);
    if (this.#recall(manifest.digest) !== null) return;
    const parentDepth = parent === null ? null : (this.#remembered.get(parent.digest)?.depth ?? null);
    const chained = parent !== null && parentDepth !== null && parentDepth < maxDepth;
    const from = chained ? parent : emptyManifest;
    const stored: StoredManifest = {
      parent: chained ? parent.digest : null,
      depth: chained ? parentDepth + 1 : 0,
      ...pick(chained && delta !== undefined ? delta : deltaBetween(from, manifest)),
    };
    const incoming = path.join(this.#directory, `${randomUUID()}.incoming`);
    await writeFile(incoming, JSON.stringify(stored), { mode: 0o600 });
    await rename(incoming, this.#pathOf(manifest.digest));
    this.#remember(manifest, stored.depth);
  }

  async get(digest: TreeDigest): Promise<Manifest> {
    this.#noteUse(digest);
    return await this.look(digest);
  }

  /** As `get`, but no use: whoever looks does not rely on the tree. */
  async look(digest: TreeDigest): Promise<Manifest> {
    const remembered = this.#recall(digest);
    if (remembered !== null) return remembered;
    const stored = await this.#load(digest);
    const parent = stored.parent === null ? emptyManifest : await this.look(stored.parent);
    const manifest = applyDelta(parent, stored);
    if (manifest.digest !== digest) throw lost(digest);
    this.#remember(manifest, stored.depth);
    return manifest;
  }

  /** Trees that were stored, put or asked for since. */
  async younger(since: number): Promise<TreeDigest[]> {
    const found = [...this.#usedAt].filter(([, usedAt]) => usedAt >= since).map(([digest]) => digest);
    for (const [digest, modifiedAt] of await this.#stored()) if (modifiedAt >= since) found.push(digest);
    return found;
  }

  /** The files that a tree is read from, its own first; null when it is not stored. Rejects when it is damaged. */
  async chainOf(digest: TreeDigest): Promise<TreeDigest[] | null> {
    const chain: TreeDigest[] = [];
    if (digest === emptyManifest.digest) return chain;
    const isThere = await stat(this.#pathOf(digest)).catch(() => null);
    if (isThere === null) return null;
    for (let next: TreeDigest | null = digest; next !== null; next = (await this.#load(next)).parent) chain.push(next);
    return chain;
  }

  /** Removes every stored tree that is neither needed nor young, and answers how many. */
  async removeUnneeded(needed: ReadonlySet<TreeDigest>, youngerThan: number): Promise<number> {
    this.#removals += 1;
    try {
      return await this.#removeUnneeded(needed, youngerThan);
    } finally {
      this.#removals -= 1;
      this.#forgetUses();
    }
  }

  async #removeUnneeded(needed: ReadonlySet<TreeDigest>, youngerThan: number): Promise<number> {
    const stored = await this.#stored();
    const keep = new Set(needed);
    // RACE: what was used since the trees were marked is kept with all that it is read from. Nothing is awaited between
    // the last look here and the removals, or a put could rely on what goes.
    for (;;) {
      const used = [...stored, ...this.#usedAt];
      const fresh = used.filter(([digest, usedAt]) => usedAt >= youngerThan && !keep.has(digest));
      if (fresh.length === 0) break;
      for (const [tree] of fresh) for (const digest of [tree, ...((await this.chainOf(tree)) ?? [])]) keep.add(digest);
    }
    let removed = 0;
    for (const [digest, modifiedAt] of stored) {
      if (keep.has(digest) || modifiedAt >= youngerThan) continue;
      this.#remembered.delete(digest);
      this.#usedAt.delete(digest);
      unlinkSync(this.#pathOf(digest));
      removed += 1;
    }
    for (const [digest, usedAt] of this.#usedAt) if (usedAt < youngerThan) this.#usedAt.delete(digest);
    return removed;
  }

  #noteUse(digest: TreeDigest): void {
    this.#usedAt.delete(digest);
    this.#usedAt.set(digest, Date.now());
    this.#forgetUses();
  }

  /** Past the bound, a use is told by the time of the file. While files are being removed no use is forgotten. */
  #forgetUses(): void {
    if (this.#removals > 0) return;
    for (const [digest, usedAt] of this.#usedAt) {
      if (this.#usedAt.size <= this.#maxUses) return;
      this.#usedAt.delete(digest);
      touch(this.#pathOf(digest), usedAt);
    }
  }

  async #stored(): Promise<[TreeDigest, number][]> {
    const found: [TreeDigest, number][] = [];
    for (const name of await readdir(this.#directory)) {
      const digest = parseDigest(`sha256:${name.replace(/\.json$/, "")}`) as TreeDigest | null;
      if (digest !== null && name.endsWith(".json")) {
        found.push([digest, (await stat(path.join(this.#directory, name))).mtimeMs]);
      }
    }
    return found;
  }

  async #load(digest: TreeDigest): Promise<StoredManifest> {
    if (parseDigest(digest) === null) throw lost(digest);
    try {
      return parseStored(JSON.parse(await readFile(this.#pathOf(digest), "utf8")));
    } catch (cause) {
      throw lost(digest, cause);
    }
  }

  #recall(digest: TreeDigest): Manifest | null {
    if (digest === emptyManifest.digest) return emptyManifest;
    const remembered = this.#remembered.get(digest);
    if (remembered === undefined) return null;
    this.#remembered.delete(digest);
    this.#remembered.set(digest, remembered);
    return remembered.manifest;
  }

  #remember(manifest: Manifest, depth: number): void {
    this.#remembered.set(manifest.digest, { manifest, depth });
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > maxRemembered && oldest.done !== true) this.#remembered.delete(oldest.value);
  }

  #pathOf(digest: TreeDigest): string {
    return path.join(this.#directory, `${digest.slice("sha256:".length)}.json`);
  }
}

/** Sets the time of a file that may not be there (yet, or any more). */
function touch(file: string, atMs: number): void {
  try {
    utimesSync(file, atMs / 1_000, atMs / 1_000);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function pick({ upserts, removals }: ManifestDelta): ManifestDelta {
  return { upserts, removals };
}

function parseStored(value: unknown): StoredManifest {
  const stored = value as Partial<StoredManifest> | null;
  if (!Array.isArray(stored?.upserts) || !Array.isArray(stored.removals) || typeof stored.depth !== "number") {
    throw new TypeError("not a stored tree");
  }
  const parent = stored.parent === null ? null : parseDigest(stored.parent);
  return { parent, depth: stored.depth, upserts: stored.upserts as TreeEntry[], removals: stored.removals as string[] };
}

function lost(digest: string, cause?: unknown): PhasegateError {
  return new PhasegateError(
    "workspace_unavailable",
    `stored tree \`${digest}\` is missing or damaged`,
    { hint: "the data directory was changed from outside; restore it from a backup" },
    { cause },
  );
}
