import { mkdir, readdir, rename, stat, utimes, writeFile, readFile } from "node:fs/promises";
import path from "node:path";
import type { Digest, TaskId } from "@phasegate/wire";
import { removeDirectory } from "../tree/remove-directory.ts";
import { sizeOfDirectory } from "../tree/size-of-directory.ts";

export interface LayerBounds {
  readonly maxLayers: number;
  readonly maxBytes: number;
  /** Layers of one task's own, made of inputs that it changed. */
  readonly maxOwned: number;
}

/** Use of a layer: while it is held it is not evicted. */
export interface HeldLayer extends Disposable {
  readonly path: string;
}

interface StoredLayer {
  readonly directory: string;
  readonly bytes: number;
  readonly usedAtMs: number;
  /** The task whose own it is; "" where tasks share it. */
  readonly owner: string;
}

/**
 * Directories by key, whole or not at all, the least recently used evicted past the bounds: first those of the owner that
 * has too many, so that no task evicts what others use. Past them by layers that are all in use, nothing is evicted
 * until one is let go.
 */
export class LayerStore {
  readonly #directory: string;
  readonly #bounds: LayerBounds;
  readonly #held = new Map<string, number>();

  private constructor(directory: string, bounds: LayerBounds) {
    this.#directory = directory;
    this.#bounds = bounds;
  }

  static async open(directory: string, bounds: LayerBounds): Promise<LayerStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const store = new LayerStore(directory, bounds);
    for (const name of await readdir(directory)) {
      const isWhole = await stat(store.#sizeFile(name)).catch(() => null);
      if (isWhole === null) await removeDirectory(path.join(directory, name));
    }
    return store;
  }

  /** Null when there is none under this key. */
  async hold(key: Digest, now: Date): Promise<HeldLayer | null> {
    const name = nameOf(key);
    const release = this.#take(name);
    try {
      await utimes(this.#sizeFile(name), now, now);
      return { path: path.join(this.#directory, name, "tree"), [Symbol.dispose]: release };
    } catch (error) {
      release();
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Takes the directory `from` in, and makes room by evicting others. */
  async keep(key: Digest, from: string, owner: TaskId | null): Promise<void> {
    const name = nameOf(key);
    await using _ = { [Symbol.asyncDispose]: () => Promise.resolve(this.#take(name)()) };
    const directory = path.join(this.#directory, name);
    const bytes = await sizeOfDirectory(from);
    await removeDirectory(directory);
    await mkdir(directory, { mode: 0o700 });
    await rename(from, path.join(directory, "tree"));
    if (owner !== null) await writeFile(this.#ownerFile(name), owner, { mode: 0o600 });
    await writeFile(this.#sizeFile(name), String(bytes), { mode: 0o600 });
    await this.#evict(name, owner);
  }

  /** Removes layers of tasks that are not `open`, and that nobody used since. */
  async removeOthers(open: ReadonlySet<string>, usedBeforeMs: number): Promise<void> {
    for (const layer of await this.#list()) {
      const isOwned = layer.owner !== "" && !open.has(layer.owner);
      if (isOwned && layer.usedAtMs < usedBeforeMs && !this.#held.has(layer.directory)) await this.#remove(layer);
    }
  }

  async #evict(newest: string, owner: TaskId | null): Promise<void> {
    const layers = (await this.#list()).toSorted((left, right) => left.usedAtMs - right.usedAtMs);
    const mayGo = ({ directory }: StoredLayer): boolean => directory !== newest && !this.#held.has(directory);
    const own = layers.filter((layer) => layer.owner === owner);
    const tooMany = own.filter(mayGo).slice(0, Math.max(0, own.length - this.#bounds.maxOwned));
    let count = layers.length;
    let bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
    for (const layer of new Set([...tooMany, ...layers])) {
      const isPast = count > this.#bounds.maxLayers || bytes > this.#bounds.maxBytes;
      if (!tooMany.includes(layer) && !isPast) return;
      if (!mayGo(layer)) continue;
      await this.#remove(layer);
      count -= 1;
      bytes -= layer.bytes;
    }
  }

  async #remove({ directory }: StoredLayer): Promise<void> {
    await removeDirectory(path.join(this.#directory, directory));
  }

  async #list(): Promise<StoredLayer[]> {
    const layers: StoredLayer[] = [];
    for (const directory of await readdir(this.#directory)) {
      const stats = await stat(this.#sizeFile(directory)).catch(() => null);
      if (stats === null) continue;
      const bytes = Number(await readFile(this.#sizeFile(directory), "utf8"));
      const owner = await readFile(this.#ownerFile(directory), "utf8").catch(() => "");
      layers.push({ directory, bytes, usedAtMs: stats.mtimeMs, owner });
    }
    return layers;
  }

  #take(name: string): () => void {
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    let isHeld = true;
    return () => {
      const count = this.#held.get(name) ?? 0;
      if (isHeld && count <= 1) this.#held.delete(name);
      else if (isHeld) this.#held.set(name, count - 1);
      isHeld = false;
    };
  }

  #sizeFile(name: string): string {
    return path.join(this.#directory, name, "size");
  }

  #ownerFile(name: string): string {
    return path.join(this.#directory, name, "owner");
  }
}

function nameOf(key: Digest): string {
  return key.slice("sha256:".length);
}
