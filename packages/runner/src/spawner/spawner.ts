import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Socket } from "node:net";
import { PhasegateError, systemFault } from "@phasegate/wire/core";
import { removeDirectory } from "../tree/remove-directory.ts";
import { NamedPipes, type NamedPipe } from "./named-pipes.ts";
import { SpawnerLink, type ExitStatus } from "./spawner-link.ts";

/** `nothing`: the null device; `read` and `write`: a pipe that the process reads or writes, the server the other end. */
export type DescriptorKind = "nothing" | "read" | "write";

export interface SpawnRequest<Descriptors extends readonly DescriptorKind[]> {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All of it, but for the marker that is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** From descriptor 0 on; standard ones that are not named are the null device, and there is no other. */
  readonly descriptors: Descriptors;
  /** A name that no other process has, for who must say it inside; made where absent. */
  readonly marker?: string;
}

/** A process that runs, in a session and a group of its own. */
export interface SpawnedProcess<Descriptors extends readonly DescriptorKind[] = readonly DescriptorKind[]> {
  /** In its environment as PHASEGATE_RUN, and so in that of what it starts. */
  readonly marker: string;
  readonly pid: number;
  /** The server's end of each descriptor; null for `nothing`. */
  readonly streams: { readonly [Index in keyof Descriptors]: Descriptors[Index] extends "nothing" ? null : Socket };
  /** Resolves when it and the rest of its group have ended; rejects when that can no longer be told. */
  readonly exited: Promise<ExitStatus>;
  /** SIGKILL to its group; nothing if it has ended. */
  readonly kill: () => void;
}

export interface SpawnerOptions {
  /** Its own: emptied at open, and made with mode 0700. */
  readonly pipesDirectory: string;
  /** See `LinkOptions`. */
  readonly answerMs?: number;
  /** After so many deaths of the spawner process in so long a time, none is started until that time is over. */
  readonly maxDeaths?: { readonly most: number; readonly withinMs: number };
}

const defaultAnswerMs = 30_000;
const defaultMaxDeaths = { most: 5, withinMs: 60_000 };
const hostEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/**
 * Starts every process of the runner through a small process of its own. To start one, the kernel copies the page
 * tables of the one that asks, and nothing else runs there meanwhile: of a server with much in memory that took
 * longer than what was started.
 *
 * The spawner process is started when first needed. If it dies, everything that it ran is killed and rejects with
 * `workspace_unavailable`, and the next request starts another, a bounded number of times.
 */
export class Spawner {
  readonly #pipes: NamedPipes;
  readonly #answerMs: number;
  readonly #maxDeaths: { readonly most: number; readonly withinMs: number };
  #link: Promise<SpawnerLink> | null = null;
  #ending: Promise<unknown> = Promise.resolve();
  #deaths: number[] = [];
  #closed = false;
  #nullDevice: string | null = null;

  private constructor({ pipesDirectory, answerMs, maxDeaths }: SpawnerOptions) {
    this.#answerMs = answerMs ?? defaultAnswerMs;
    this.#maxDeaths = maxDeaths ?? defaultMaxDeaths;
    this.#pipes = new NamedPipes(pipesDirectory, (paths) => this.#makePipes(paths));
  }

  static async open(options: SpawnerOptions): Promise<Spawner> {
    await removeDirectory(options.pipesDirectory);
    await mkdir(options.pipesDirectory, { recursive: true, mode: 0o700 });
    return new Spawner(options);
  }

  /** From now on what is started gets this null device instead of the host's: as root it could change that one's mode. */
  useNullDevice(path: string): void {
    this.#nullDevice = path;
  }

  /** Rejects with what the system said (ENOENT, EMFILE, EAGAIN) when the process cannot be started. */
  async start<const Descriptors extends readonly DescriptorKind[]>(
    request: SpawnRequest<Descriptors>,
  ): Promise<SpawnedProcess<Descriptors>> {
    const link = await this.#open();
    const { descriptors, marker = randomUUID(), ...rest } = request;
    const pipes: (NamedPipe | null)[] = [];
    let runs = false;
    try {
      for (const kind of descriptors) pipes.push(kind === "nothing" ? null : await this.#pipes.take(kind));
      const sources = descriptors.map((kind, index) => {
        return kind === "nothing" ? { kind } : { kind, path: pipes[index]?.path ?? "" };
      });
      const nullDevice = this.#nullDevice === null ? {} : { nullDevice: this.#nullDevice };
      const { pid, exited } = await link.start({ ...rest, ...nullDevice, marker, descriptors: sources });
      runs = true;
      const streams = pipes.map((pipe) => pipe?.stream ?? null);
      return {
        marker,
        pid,
        exited,
        streams: streams as SpawnedProcess<Descriptors>["streams"],
        kill: () => link.kill(marker),
      };
    } finally {
      for (const pipe of pipes) {
        if (!runs) pipe?.stream.destroy();
        pipe?.release();
      }
    }
  }

  /** Runs a program of the host that says nothing, and answers how it ended. */
  async run(argv: readonly string[]): Promise<ExitStatus> {
    const { exited } = await this.start({ argv, cwd: "/", environment: hostEnvironment, descriptors: [] });
    return await exited;
  }

  /** Ends what still runs, which then rejects, and waits until no process is left. */
  async close(): Promise<void> {
    this.#closed = true;
    const link = await this.#link?.catch(() => null);
    await link?.close();
    await this.#ending;
  }

  #open(): Promise<SpawnerLink> {
    if (this.#closed) throw new PhasegateError("shutting_down", "the runner is closing");
    if (this.#link !== null) return this.#link;
    const link = this.#startLink();
    this.#link = link;
    link.catch(() => {
      if (this.#link === link) this.#link = null;
    });
    return link;
  }

  async #startLink(): Promise<SpawnerLink> {
    this.#requireFewDeaths();
    const onEnd = (gone: Promise<void>): void => {
      this.#link = null;
      this.#ending = Promise.all([this.#ending, gone]);
      this.#deaths.push(performance.now());
    };
    return await SpawnerLink.start({ answerMs: this.#answerMs, onEnd });
  }

  #requireFewDeaths(): void {
    const now = performance.now();
    const { most, withinMs } = this.#maxDeaths;
    this.#deaths = this.#deaths.filter((at) => now - at < withinMs);
    const [oldest] = this.#deaths;
    if (oldest === undefined || this.#deaths.length < most) return;
    throw new PhasegateError("workspace_unavailable", "the process that starts commands ends again and again", {
      hint: "the operator looks at what kills processes on this machine",
      retryAfterSeconds: Math.ceil((oldest + withinMs - now) / 1_000),
    });
  }

  async #makePipes(paths: readonly string[]): Promise<void> {
    const hint = "the operator looks whether the disk of the workspaces is full or read-only";
    const message = "no pipes could be made for a command's output";
    let cause: unknown;
    try {
      const { code } = await this.run(["mkfifo", "-m", "0600", "--", ...paths]);
      if (code === 0) return;
    } catch (error) {
      if (error instanceof PhasegateError) throw error;
      cause = error;
    }
    throw systemFault(cause) ?? new PhasegateError("workspace_unavailable", message, { hint }, { cause });
  }
}
