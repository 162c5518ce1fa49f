import type { LimitName } from "../sandbox/limits.ts";
import type { UseBounds, WorkspaceUse } from "../tree/workspace-use.ts";
import { freeSpace, type DiskSpace } from "./disk-space.ts";

/** So few are walked after every call; more only where the walk may find something. */
const fewEntries = 5_000;
const trustedMs = 10_000;
/** Least time between two walks while one command runs. */
const betweenLooksMs = 2_000;

interface Measured {
  readonly use: WorkspaceUse;
  readonly at: number;
  readonly free: { readonly bytes: number; readonly inodes: number };
}

/**
 * Holds one workspace to its quota on the disk, all that lies in it included. Walking a large workspace after each
 * call would cost more than the call, so between walks what the disk lost says whether the quota can be exceeded at
 * all; a walk that is older than ten seconds is not believed.
 */
export class WorkspaceQuota {
  readonly #path: string;
  readonly #bounds: UseBounds;
  readonly #space: DiskSpace;
  readonly #measure: () => Promise<WorkspaceUse>;
  #last: Measured | null = null;
  /** Something ran since the last walk. */
  #isStale = false;
  #lookedAt = 0;

  constructor(options: { path: string; bounds: UseBounds; space: DiskSpace; measure: () => Promise<WorkspaceUse> }) {
    this.#path = options.path;
    this.#bounds = options.bounds;
    this.#space = options.space;
    this.#measure = options.measure;
  }

  /** Before a call: what there is, as far as it must be known. */
  async begin(): Promise<WorkspaceUse> {
    const { use } = await this.#known();
    this.#isStale = true;
    return use;
  }

  /** What there is now that nothing runs: walks where something ran since the last walk. */
  async atRest(): Promise<WorkspaceUse | null> {
    return this.#isStale ? await this.measure() : this.lastUse;
  }

  /** What the last walk found. */
  get lastUse(): WorkspaceUse | null {
    return this.#last?.use ?? null;
  }

  /** While a command runs: `disk` when the workspace is past its quota, or the disk below its floor. */
  async look(): Promise<LimitName | null> {
    if ((await this.#space.left()) !== null) return "disk";
    const now = performance.now();
    if (now - this.#lookedAt < betweenLooksMs || !(await this.#mayBeExceeded())) return null;
    this.#lookedAt = now;
    return this.isExceeded(await this.measure()) ? "disk" : null;
  }

  /** After a call: what there is where that is past the quota and more than before the call, else null. */
  async exceeded(before: WorkspaceUse): Promise<WorkspaceUse | null> {
    const { use } = await this.#known();
    const isMore = use.bytes > before.bytes || use.entries > before.entries;
    return this.isExceeded(use) && isMore ? use : null;
  }

  isExceeded(use: WorkspaceUse): boolean {
    return !use.whole || use.bytes > this.#bounds.maxBytes || use.entries > this.#bounds.maxEntries;
  }

  /** Walks now. */
  async measure(): Promise<WorkspaceUse> {
    return (await this.#walk()).use;
  }

  async #walk(): Promise<Measured> {
    this.#isStale = false;
    const free = await freeSpace(this.#path);
    this.#last = { use: await this.#measure(), free, at: performance.now() };
    return this.#last;
  }

  /** `1,024 MiB in 12 entries of 1,000 MiB in 1,000,000` */
  describe(use: WorkspaceUse): string {
    const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2).toLocaleString("en-US")} MiB`;
    const { maxBytes, maxEntries } = this.#bounds;
    return (
      `${use.whole ? "" : "more than "}${mebibytes(use.bytes)} in ${use.entries.toLocaleString("en-US")} entries, ` +
      `of ${mebibytes(maxBytes)} in ${maxEntries.toLocaleString("en-US")}`
    );
  }

  async #known(): Promise<Measured> {
    const last = this.#last;
    if (last === null || last.use.entries <= fewEntries || performance.now() - last.at > trustedMs)
      return await this.#walk();
    return (await this.#mayBeExceeded()) ? await this.#walk() : last;
  }

  async #mayBeExceeded(): Promise<boolean> {
    if (this.#last === null) return true;
    const { use, free } = this.#last;
    const now = await freeSpace(this.#path);
    return (
      free.bytes - now.bytes > (this.#bounds.maxBytes - use.bytes) / 2 ||
      free.inodes - now.inodes > (this.#bounds.maxEntries - use.entries) / 2
    );
  }
}
