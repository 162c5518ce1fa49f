import { readFile } from "node:fs/promises";
import { ContentStore } from "./content-store.ts";
import { Glance, GlanceThread } from "./glance.ts";
import { resetWorkspace } from "./reset.ts";
import { clearUnsupported, restorePaths, type RestoredPath } from "./restore.ts";
import { Scanner, type PathClass, type ScanLimits, type StoredScan } from "./scanner.ts";
import { TreeRules, type TreeRulesData } from "./tree-rules.ts";
import type { TreeEntry, UnsupportedEntry } from "@phasegate/wire";

export interface TreeHostOptions {
  readonly contentsDirectory: string;
  readonly limits: ScanLimits;
  readonly held?: Partial<HeldBounds>;
  /** A scan past what a call may do on a thread that workspaces share throws `TooLargeToShare`. */
  readonly isShared?: boolean;
}

export interface ScanRequest {
  readonly root: string;
  /** A file of `TreeRulesData`; another file means another scanner, that knows nothing yet. */
  readonly rulesFile: string;
  readonly mode: "cached" | "full";
  /** The digest that the caller's tree has; a scanner that answered another one starts again. */
  readonly from: string | null;
  /** Past `maxCallBytes` of what is not known yet: `tree_too_large`, before it is read. */
  readonly afterCall: boolean;
  /** After a call: past so much of it `workspace_full`, before it is read. */
  readonly maxNewBytes?: number;
}

export interface RestoreRequest {
  readonly root: string;
  readonly wanted: readonly RestoredPath[];
  readonly unsupported: readonly UnsupportedEntry[];
}

export type Classify = (paths: readonly string[]) => Promise<readonly PathClass[]>;

export interface ResetRequest {
  readonly root: string;
  readonly rulesFile: string;
  readonly entries: readonly TreeEntry[];
}

interface HeldScanner {
  readonly rulesFile: string;
  readonly scanner: Scanner;
  readonly glance: Glance;
  /** Null while it scans. */
  digest: string | null;
}

/** What is kept of workspaces that nobody reads now; one that is read again afterwards is read from the start. */
export interface HeldBounds {
  readonly workspaces: number;
  readonly files: number;
}

const defaultHeld: HeldBounds = { workspaces: 128, files: 250_000 };

/**
 * Reads and writes workspaces, synchronously: lives in a worker thread. Remembers what it saw of the workspaces that
 * were read last, as many as the bounds allow; one alone may be past the bound of files.
 */
export class TreeHost {
  readonly #contents: ContentStore;
  readonly #limits: ScanLimits;
  readonly #glances = new GlanceThread();
  readonly #held: HeldBounds;
  readonly #isShared: boolean;
  /** The one that was read last comes last. */
  readonly #scanners = new Map<string, HeldScanner>();
  /** Bytes stored for a workspace that no answer told yet. */
  readonly #stored = new Map<string, number>();

  constructor(options: TreeHostOptions) {
    this.#held = { ...defaultHeld, ...options.held };
    this.#contents = new ContentStore(options.contentsDirectory);
    this.#limits = options.limits;
    this.#isShared = options.isShared ?? false;
  }

  async scan(request: ScanRequest, classify: Classify): Promise<StoredScan> {
    const known = this.#scanners.get(request.root);
    const usable = known !== undefined && known.rulesFile === request.rulesFile && known.digest === request.from;
    const held = usable ? known : await this.#begin(request);
    held.digest = null;
    const result = await held.scanner.scan(request.mode, classify, request);
    held.digest = result.digest;
    this.#scanners.delete(request.root);
    this.#scanners.set(request.root, held);
    await this.#forgetOldest();
    return { ...result, storedBytes: this.takeStored(request.root) };
  }

  /** Bytes that were stored for a workspace since they were last taken. */
  takeStored(root: string): number {
    const bytes = this.#stored.get(root) ?? 0;
    this.#stored.delete(root);
    return bytes;
  }

  restore(request: RestoreRequest): Promise<void> {
    clearUnsupported(request.root, request.unsupported);
    restorePaths(request.root, this.#contents, request.wanted);
    return Promise.resolve();
  }

  async reset(request: ResetRequest): Promise<void> {
    const rules = await this.#rules(request.rulesFile);
    resetWorkspace(request.root, rules, this.#contents, request.entries);
    await this.forget(request.root);
  }

  forget(root: string): Promise<void> {
    this.#scanners.get(root)?.glance.close();
    this.#scanners.delete(root);
    return Promise.resolve();
  }

  async #forgetOldest(): Promise<void> {
    let files = 0;
    for (const { scanner } of this.#scanners.values()) files += scanner.knownFiles;
    for (const [root, { scanner, digest }] of this.#scanners) {
      const isFull = this.#scanners.size > this.#held.workspaces || files > this.#held.files;
      if (!isFull || this.#scanners.size === 1) return;
      if (digest === null) continue;
      files -= scanner.knownFiles;
      await this.forget(root);
    }
  }

  async #begin(request: ScanRequest): Promise<HeldScanner> {
    await this.forget(request.root);
    const glance = new Glance(request.root, this.#glances);
    const scanner = new Scanner({
      root: request.root,
      rules: await this.#rules(request.rulesFile),
      contents: this.#contents,
      limits: this.#limits,
      glance,
      isShared: this.#isShared,
      onStored: (bytes) => this.#stored.set(request.root, (this.#stored.get(request.root) ?? 0) + bytes),
    });
    const held: HeldScanner = { rulesFile: request.rulesFile, scanner, glance, digest: null };
    this.#scanners.set(request.root, held);
    return held;
  }

  async #rules(file: string): Promise<TreeRules> {
    return new TreeRules(JSON.parse(await readFile(file, "utf8")) as TreeRulesData);
  }
}
