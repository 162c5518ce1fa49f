import { mkdir, statfs } from "node:fs/promises";
import { PhasegateError } from "@phasegate/wire";
import type { LimitName } from "../sandbox/limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** What is free on one file system. */
interface FreeSpace {
  readonly bytes: number;
  /** Infinity where the file system makes them as they are needed. */
  readonly inodes: number;
}

const keptMs = 500;

/** Keeps a floor of free space below which nothing that writes is begun. */
export class DiskSpace {
  readonly #directories: readonly string[];
  readonly #floorBytes: number;
  #looked: { readonly at: number; readonly low: Promise<number | null> } | null = null;

  constructor(directories: readonly string[], floorBytes: number) {
    this.#directories = directories;
    this.#floorBytes = floorBytes;
  }

  /** Rejects with `disk_space_low` below the floor. Looks at the disk at most twice a second. */
  async require(): Promise<void> {
    const left = await this.left();
    if (left === null) return;
    const mebibytes = (bytes: number): string => `${String(Math.floor(bytes / 1024 ** 2))} MiB`;
    throw new PhasegateError(
      "disk_space_low",
      `only ${mebibytes(left)} of disk are free, less than ${mebibytes(this.#floorBytes)}`,
      {
        hint: "an operator frees space on the disk of the data directory, or lowers `runner.min_free_mb`",
        retryAfterSeconds: 30,
      },
    );
  }

  /** Bytes that are free where that is less than the floor, else null. */
  left(): Promise<number | null> {
    const now = performance.now();
    if (this.#looked === null || now - this.#looked.at > keptMs) this.#looked = { at: now, low: this.#look() };
    return this.#looked.low;
  }

  async #look(): Promise<number | null> {
    for (const directory of this.#directories) {
      const { bytes } = await freeSpace(directory);
      if (bytes < this.#floorBytes) return bytes;
    }
    return null;
  }
}

/** The sandbox, of which every command ends where too little of the disk is left, unless it has a watch of its own. */
export function watchingDisk(sandbox: Sandbox, space: DiskSpace): Sandbox {
  const overLimit = async (): Promise<LimitName | null> => ((await space.left()) === null ? null : "disk");
  return {
    assurance: sandbox.assurance,
    separateUser: sandbox.separateUser,
    probes: sandbox.probes,
    limits: sandbox.limits,
    workspacePathSeen: (workspacePath) => sandbox.workspacePathSeen(workspacePath),
    run: (command) => sandbox.run({ overLimit, ...command }),
    close: () => sandbox.close(),
  };
}

/** What is free where a directory is; made if absent. */
export async function freeSpace(directory: string): Promise<FreeSpace> {
  const found = await statfs(directory).catch(async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await statfs(directory);
  });
  return { bytes: found.bavail * found.bsize, inodes: found.files === 0 ? Infinity : found.ffree };
}
