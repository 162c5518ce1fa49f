import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";

const batchSize = 64;
/** With fewer left the next batch is begun, so that nobody waits for it. */
const lowCount = 24;

/** A stream that is paused takes in one read more, not as many as fill 64 KiB. */
const pausedAtOnce = { readableHighWaterMark: 1 };

/** One pipe: the server's end as a stream, and the end that the process opens by its name. */
export interface NamedPipe {
  readonly path: string;
  readonly stream: Socket;
  /** To be called when the process holds its end, or never will: soon nothing else can open the pipe. */
  release(): void;
}

/**
 * Kernel pipes between the server and processes that another starts. They are named so that the other can open its
 * end, made in batches, used once, and unlinked as soon as both ends are open. Node would give a process sockets
 * instead, and `echo > /dev/stderr` fails on a socket.
 */
export class NamedPipes {
  readonly #directory: string;
  readonly #make: (paths: readonly string[]) => Promise<void>;
  readonly #paths: string[] = [];
  #making: Promise<void> | null = null;

  constructor(directory: string, make: (paths: readonly string[]) => Promise<void>) {
    this.#directory = directory;
    this.#make = make;
  }

  /** `kind` is what the process does with its end. */
  async take(kind: "read" | "write"): Promise<NamedPipe> {
    let path = this.#paths.pop();
    while (path === undefined) {
      await this.#makeBatch();
      path = this.#paths.pop();
    }
    if (this.#paths.length < lowCount) this.#makeBatch().catch(() => undefined);
    let readEnd: number | null = null;
    let writeEnd: number | null = null;
    try {
      // Both ends: without a writer the reader would be at its end before the process has begun.
      readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      const [own, other] = kind === "write" ? [readEnd, writeEnd] : [writeEnd, readEnd];
      const stream = new Socket({ fd: own, readable: kind === "write", writable: kind === "read", ...pausedAtOnce });
      const taken = path;
      const release = (): void => {
        closeSync(other);
        // Where every request is answered: a busy disk would hold it up for seconds. Gone already, or on a file system that
        // is read-only now, it may stay: no name is used twice, and the next start empties the directory.
        void unlink(taken).catch(() => undefined);
      };
      return { path, stream, release };
    } catch (error) {
      for (const descriptor of [readEnd, writeEnd]) if (descriptor !== null) closeSync(descriptor);
      this.#paths.push(path);
      throw error;
    }
  }

  async #makeBatch(): Promise<void> {
    this.#making ??= this.#makeMore().finally(() => (this.#making = null));
    await this.#making;
  }

  async #makeMore(): Promise<void> {
    const paths = Array.from({ length: batchSize }, () => join(this.#directory, randomUUID()));
    await this.#make(paths);
    this.#paths.push(...paths);
  }
}
