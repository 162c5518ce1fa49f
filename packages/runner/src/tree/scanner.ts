import { createHash, hash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from "node:fs";
import { PhasegateError } from "@phasegate/wire/core";
import type { TreeDigest, TreeEntry, UnsupportedEntry } from "@phasegate/wire";
import type { ContentStore } from "./content-store.ts";
import { entryOf, hasCode, withParent } from "./descriptor.ts";
import type { Glance } from "./glance.ts";
import { deltaBetween, emptyManifest, manifestOf, replaceEntries, sameEntry, type Manifest } from "./manifest.ts";
import { sharedBounds, TooLargeToShare } from "./shared-thread.ts";
import type { TreeRules } from "./tree-rules.ts";
import { specialBitsOf, walkWorkspace } from "./walk.ts";

export interface ScanLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Bytes of all files that one call may leave to be read again. */
  readonly maxCallBytes: number;
  /** How long the bytes of one reading may take: who waits for a gate is answered by then, whatever was left to read. */
  readonly maxReadMs: number;
}

/** Where an untracked path belongs: to the tree, to the scratch that no tree holds, or nowhere. */
export type PathClass = "tree" | "scratch" | "litter";

export interface ScanResult {
  readonly digest: TreeDigest;
  /** The digest of this scanner's last result (at first the empty tree), which the differences start from. */
  readonly previous: TreeDigest;
  readonly upserts: readonly TreeEntry[];
  readonly removals: readonly string[];
  readonly unsupported: readonly UnsupportedEntry[];
  /** At most `maxLitter` of them. */
  readonly litter: readonly string[];
}

/** With the bytes that were stored for this workspace since the last answer. */
export interface StoredScan extends ScanResult {
  readonly storedBytes: number;
}

interface ScanRound {
  bytes: number;
  /** Of files that had to be read. */
  readBytes: number;
  /** Entries of the tree that were met. */
  seen: number;
  /** Entries that are new or other than in the last result. */
  readonly upserts: TreeEntry[];
  readonly litter: string[];
  readonly unsupported: UnsupportedEntry[];
}

/** An entry whose bytes are yet to be read, and what the walk saw of it. */
interface Unread {
  readonly path: string;
  readonly stats: BigIntStats | null;
}

interface KnownEntry {
  readonly entry: TreeEntry;
  readonly stats: BigIntStats;
  /** False when it had changed within two seconds before its bytes were read. */
  readonly settled: boolean;
  generation: number;
}

const maxLitter = 1000;
const defaultDistrustMs = 2000n;
const specialBits = 0o7000n;
const smallFileBytes = 4 * 1024 * 1024;
/** One for all scanners of a thread: filled and used up within one synchronous reading. */
const smallFile = Buffer.allocUnsafe(smallFileBytes);

/**
 * Computes the tree of one workspace, again and again. `full` reads every byte. `cached` believes an unchanged
 * device, inode, size, mode, mtime and ctime, unless they lay within two seconds of the last reading: good for the
 * check after a call, not for a gate. Every content that a result names is in the content store.
 */
export class Scanner {
  readonly #root: string;
  readonly #rules: TreeRules;
  readonly #contents: ContentStore;
  readonly #limits: ScanLimits;
  readonly #glance: Glance | null;
  readonly #distrustMs: bigint;
  readonly #elapsedMs: () => number;
  readonly #onStored: (bytes: number) => void;
  readonly #isShared: boolean;
  #readUntil = 0;
  readonly #known = new Map<string, KnownEntry>();
  readonly #classes = new Map<string, PathClass>();
  #generation = 0;
  /** Entries of the last cached reading that the glance could have confirmed, but does not cover. */
  #uncovered = 0;
  #last: Manifest = emptyManifest;
  /** False after a scan that threw half-way: what is known then is no longer what was answered last. */
  #inStep = true;

  constructor(options: {
    root: string;
    rules: TreeRules;
    contents: ContentStore;
    limits: ScanLimits;
    glance: Glance | null;
    /** How long before a reading a change makes it doubtful. */
    distrustMs?: bigint;
    /** A clock that never goes back. */
    elapsedMs?: () => number;
    /** Hears of every content that was not in the store before, also where the reading then fails. */
    onStored?: (bytes: number) => void;
    /** Throws `TooLargeToShare` past what a call may do on a thread that workspaces share. */
    isShared?: boolean;
  }) {
    this.#root = options.root;
    this.#rules = options.rules;
    this.#contents = options.contents;
    this.#limits = options.limits;
    this.#glance = options.glance;
    this.#distrustMs = options.distrustMs ?? defaultDistrustMs;
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now());
    this.#onStored = options.onStored ?? (() => undefined);
    this.#isShared = options.isShared ?? false;
  }

  get knownFiles(): number {
    return this.#known.size;
  }

  /**
   * With `afterCall`, what a call left is added up by the sizes that the file system tells before a byte of it is read:
   * a sparse file costs whoever made it nothing, and whoever reads it as much as a full one.
   */
  async scan(
    mode: "cached" | "full",
    classify: (paths: readonly string[]) => Promise<readonly PathClass[]>,
    options: { readonly afterCall: boolean; readonly maxNewBytes?: number } = { afterCall: false },
  ): Promise<ScanResult> {
    this.#generation += 1;
    this.#readUntil = this.#elapsedMs() + this.#limits.maxReadMs;
    const round: ScanRound = { bytes: 0, readBytes: 0, seen: 0, upserts: [], litter: [], unsupported: [] };
    const inStep = this.#inStep;
    this.#inStep = false;
    if (mode === "cached") this.#prepareGlance();
    const suspects: { path: string; reason: UnsupportedEntry["reason"] }[] = [];
    const unclassified: Unread[] = [];
    const unread: Unread[] = [];
    walkWorkspace(
      this.#root,
      {
        by: mode === "full" ? "descriptor" : "path",
        rules: this.#rules,
        maxEntries: this.#limits.maxFiles,
        isShared: this.#isShared,
      },
      {
        entry: (path, stats, at) => {
          const pathClass = this.#classes.get(path) ?? (this.#rules.tracked.has(path) ? "tree" : undefined);
          if (pathClass === undefined) unclassified.push({ path, stats });
          else if (pathClass === "litter") round.litter.push(path);
          else if (pathClass === "tree" && mode === "full") this.#observe(round, path, at);
          else if (pathClass === "tree" && !this.#trusts(round, path, stats)) unread.push({ path, stats });
          const bits = stats?.mode ?? this.#known.get(path)?.stats.mode ?? 0n;
          if ((bits & specialBits) === 0n) return;
          for (const reason of specialBitsOf(Number(bits))) suspects.push({ path, reason });
        },
        unsupported: (path, reason) => suspects.push({ path, reason }),
        ...(mode === "cached" && this.#glance !== null ? { passes: (path) => this.#passes(round, path) } : {}),
      },
    );
    unread.push(...(await this.#settle(round, unclassified, suspects, classify)));
    if (options.afterCall && this.#last !== emptyManifest) this.#refuseLarge(unread, options.maxNewBytes ?? Infinity);
    const unreadBytes = unread.reduce((sum, { stats }) => sum + Number(stats?.size ?? 0), 0);
    if (this.#isShared && unreadBytes > sharedBounds.readBytes) throw new TooLargeToShare();
    for (const { path } of unread) this.#observe(round, path, null);
    return this.#finish(round, inStep);
  }

  /** Covers what is known, once a twentieth of what could have been confirmed by a glance was not. */
  #prepareGlance(): void {
    if (this.#glance === null) return;
    if (this.#uncovered > this.#known.size / 20) {
      const settled: [string, BigIntStats][] = [];
      for (const [path, known] of this.#known) {
        if (known.settled && (known.stats.mode & specialBits) === 0n) settled.push([path, known.stats]);
      }
      this.#glance.cover(settled);
    }
    this.#uncovered = 0;
    this.#glance.look();
  }

  #passes(round: ScanRound, path: string): boolean {
    if (this.#glance?.isAsKnown(path) !== true) return false;
    const known = this.#known.get(path);
    if (known === undefined) return false;
    this.#confirm(round, known);
    return true;
  }

  #finish(round: ScanRound, inStep: boolean): ScanResult {
    const previous = this.#last;
    const samePaths = inStep && round.seen === this.#known.size && previous !== emptyManifest;
    const replaced = samePaths ? replaceEntries(previous, round.upserts) : null;
    this.#last = replaced ?? this.#compose();
    if (this.#classes.size > 2 * this.#limits.maxFiles) this.#classes.clear();
    this.#inStep = true;
    return {
      digest: this.#last.digest,
      previous: previous.digest,
      ...(replaced === null ? deltaBetween(previous, this.#last) : { upserts: round.upserts, removals: [] }),
      unsupported: round.unsupported,
      litter: round.litter.sort().slice(0, maxLitter),
    };
  }

  /** The tree of all that was met in this round; forgets the rest. */
  #compose(): Manifest {
    const entries: TreeEntry[] = [];
    for (const [path, known] of this.#known) {
      if (known.generation === this.#generation) entries.push(known.entry);
      else {
        this.#known.delete(path);
        this.#glance?.forget(path);
      }
    }
    for (const [path, commit] of this.#rules.submodules) {
      if (this.#known.has(path)) continue;
      entries.push({ path, type: "submodule", permissions: 0, content: commit, size: 0 });
    }
    return manifestOf(entries);
  }

  async #settle(
    round: ScanRound,
    unclassified: readonly Unread[],
    suspects: readonly UnsupportedEntry[],
    classify: (paths: readonly string[]) => Promise<readonly PathClass[]>,
  ): Promise<Unread[]> {
    const unknown = [...unclassified, ...suspects].map(({ path }) => path);
    if (unknown.length === 0) return [];
    const classes = await classify(unknown);
    const unread: Unread[] = [];
    for (const [index, found] of unclassified.entries()) {
      const pathClass = classes[index] ?? "tree";
      this.#classes.set(found.path, pathClass);
      if (pathClass === "litter") round.litter.push(found.path);
      else if (pathClass === "tree") unread.push(found);
    }
    for (const [index, suspect] of suspects.entries()) {
      if (classes[unclassified.length + index] !== "scratch") round.unsupported.push(suspect);
    }
    return unread;
  }

  #refuseLarge(unread: readonly Unread[], maxNewBytes: number): void {
    const { maxCallBytes } = this.#limits;
    const changed = unread.filter(({ path, stats }) => {
      const known = this.#known.get(path);
      return known === undefined || stats === null || !sameStats(known.stats, stats);
    });
    const sizes = changed.map(({ path, stats }) => ({ path, bytes: Number(stats?.size ?? 0) }));
    const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    if (all <= Math.min(maxCallBytes, maxNewBytes)) return;
    const largest = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most));
    const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2).toLocaleString("en-US")} MiB`;
    if (all <= maxCallBytes) {
      throw new PhasegateError(
        "workspace_full",
        `the call left ${mebibytes(all)} to be stored, \`${shortened(largest.path)}\` alone is ${mebibytes(largest.bytes)}, and what is kept of this task's file versions leaves room for ${mebibytes(maxNewBytes)}; what it added was removed`,
        {
          hint: "write large files that change often below `/tmp` or into ignored or scratch folders: no version of them is kept; versions that nobody needs are freed within two hours, and an operator can raise `runner.max_versions_mb`",
        },
      );
    }
    throw new PhasegateError(
      "tree_too_large",
      `the call left more than ${mebibytes(maxCallBytes)} to be read, \`${shortened(largest.path)}\` alone is ${mebibytes(largest.bytes)}; what it added was removed`,
      { hint: "write smaller files, or below `/tmp`; an operator can raise `runner.max_call_mb`" },
    );
  }

  #trusts(round: ScanRound, path: string, stats: BigIntStats | null): boolean {
    const known = this.#known.get(path);
    if (stats === null || known === undefined || !isTrusted(known, stats)) return false;
    this.#confirm(round, known);
    this.#uncovered += 1;
    return true;
  }

  /** Reads an entry; `at` null: looked for again, by descriptor. */
  #observe(round: ScanRound, path: string, at: string | null): void {
    const known = this.#known.get(path);
    let read: { entry: TreeEntry; stats: BigIntStats } | null;
    const readAt = Date.now();
    try {
      read =
        at === null
          ? withParent(this.#root, path, (parent, name) => this.#read(path, entryOf(parent, name), round))
          : this.#read(path, at, round);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
      if (!hasCode(error, "EACCES", "EPERM")) throw error;
      round.unsupported.push({ path, reason: "unreadable" });
      return;
    }
    if (read === null) return;
    if (!sameEntry(read.entry, known?.entry)) round.upserts.push(read.entry);
    round.seen += 1;
    const { stats: now } = read;
    const changedAtNs = now.mtimeNs > now.ctimeNs ? now.mtimeNs : now.ctimeNs;
    const settled = changedAtNs / 1_000_000n + this.#distrustMs < BigInt(readAt);
    // An entry that is the same keeps its place, so that an unchanged tree costs nothing.
    const entry = known !== undefined && sameEntry(read.entry, known.entry) ? known.entry : read.entry;
    this.#known.set(path, { entry, stats: now, settled, generation: this.#generation });
    if (known === undefined || !sameStats(known.stats, now)) this.#glance?.forget(path);
  }

  #confirm(round: ScanRound, known: KnownEntry): void {
    known.generation = this.#generation;
    round.seen += 1;
    this.#count(round, known.entry.size);
  }

  #read(path: string, at: string, round: ScanRound): { entry: TreeEntry; stats: BigIntStats } | null {
    let descriptor: number;
    try {
      descriptor = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (error) {
      if (!hasCode(error, "ELOOP")) throw error;
      return this.#readLink(path, at, round);
    }
    try {
      const stats = fstatSync(descriptor, { bigint: true });
      if (!stats.isFile()) return null;
      const size = Number(stats.size);
      this.#count(round, size);
      this.#refuseSlow();
      round.readBytes += size;
      if (this.#isShared && round.readBytes > sharedBounds.readBytes) throw new TooLargeToShare();
      const read = this.#storing(() => this.#readFile(path, descriptor, size));
      if (read.size !== size) {
        throw new PhasegateError("workspace_unavailable", `\`${path}\` is being written to from outside`, {
          hint: "stop what writes to the workspace and try again",
        });
      }
      const permissions = Number(stats.mode & 0o777n);
      return { entry: { path, type: "file", permissions, content: read.content, size }, stats };
    } finally {
      closeSync(descriptor);
    }
  }

  #readFile(path: string, descriptor: number, size: number): { content: string; size: number } {
    if (size > smallFile.length - 1) {
      const known = this.#known.get(path)?.entry;
      // Most large files have not changed: compare before copying.
      if (known !== undefined && known.size === size && this.#contents.has(known.content)) {
        const content = hashDescriptor(descriptor, smallFile, () => this.#refuseSlow());
        if (this.#contents.has(content)) return { content, size };
      }
      return this.#contents.copySync(descriptor, this.#limits.maxBytes, () => this.#refuseSlow());
    }
    // A regular file gives fewer bytes than were asked for at its end only.
    const length = readSync(descriptor, smallFile, 0, size + 1, 0);
    const bytes = smallFile.subarray(0, length);
    const content = hash("sha256", bytes, "hex");
    this.#contents.putSync(content, bytes);
    return { content, size: length };
  }

  /** Tells what `store` added to the contents. */
  #storing<Result>(store: () => Result): Result {
    const before = this.#contents.storedBytes;
    try {
      return store();
    } finally {
      const stored = this.#contents.storedBytes - before;
      if (stored > 0) this.#onStored(stored);
    }
  }

  #readLink(path: string, at: string, round: ScanRound): { entry: TreeEntry; stats: BigIntStats } | null {
    const target = readlinkSync(at, { encoding: "buffer" });
    const stats = lstatSync(at, { bigint: true });
    if (!stats.isSymbolicLink()) return null;
    this.#count(round, target.length);
    const content = hash("sha256", target, "hex");
    this.#storing(() => this.#contents.putSync(content, target));
    return { entry: { path, type: "symlink", permissions: 0o777, content, size: target.length }, stats };
  }

  #refuseSlow(): void {
    if (this.#elapsedMs() <= this.#readUntil) return;
    const seconds = Math.round(this.#limits.maxReadMs / 1_000);
    throw new PhasegateError("tree_too_large", `the workspace could not be read within ${seconds} s`, {
      hint: "remove large files, or have the base ignore what was generated",
    });
  }

  #count(round: ScanRound, bytes: number): void {
    round.bytes += bytes;
    if (round.bytes <= this.#limits.maxBytes) return;
    throw new PhasegateError("tree_too_large", `the tree is past the bound of ${this.#limits.maxBytes} bytes`, {
      hint: "remove what was generated, or have the base ignore it",
    });
  }
}

function shortened(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

function isTrusted(known: KnownEntry, stats: BigIntStats): boolean {
  return known.settled && sameStats(known.stats, stats);
}

function sameStats(before: BigIntStats, stats: BigIntStats): boolean {
  return (
    before.ino === stats.ino &&
    before.ctimeNs === stats.ctimeNs &&
    before.mtimeNs === stats.mtimeNs &&
    before.size === stats.size &&
    before.mode === stats.mode &&
    before.dev === stats.dev
  );
}

function hashDescriptor(descriptor: number, buffer: Buffer, onPiece: () => void): string {
  const sum = createHash("sha256");
  for (let position = 0; ;) {
    const count = readSync(descriptor, buffer, 0, buffer.length, position);
    if (count === 0) return sum.digest("hex");
    onPiece();
    sum.update(buffer.subarray(0, count));
    position += count;
  }
}
