import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readFileSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { PhasegateError, systemFault } from "@phasegate/wire/core";

const batchSize = 32;
const run = promisify(execFile);

/** One pipe: a stream for this process to read, and a descriptor to give to a child and then close. */
export interface OutputPipe {
  readonly reader: Socket;
  readonly writer: number;
}

/**
 * Kernel pipes for the output of commands. Node gives children sockets instead, and `echo > /dev/stderr` fails on a
 * socket. The named pipes behind them are made in batches and unlinked as soon as they are open.
 */
export class OutputPipes {
  readonly #directory: string;
  #names: string[] = [];
  #making: Promise<void> | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async take(): Promise<OutputPipe> {
    let path = this.#names.pop();
    while (path === undefined) {
      this.#making ??= this.#makeBatch().finally(() => (this.#making = null));
      await this.#making;
      path = this.#names.pop();
    }
    let readEnd: number | null = null;
    try {
      readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(path, constants.O_WRONLY);
      unlinkSync(path);
      return { reader: new Socket({ fd: readEnd, readable: true, writable: false }), writer };
    } catch (error) {
      if (readEnd !== null) closeSync(readEnd);
      this.#names.push(path);
      throw error;
    }
  }

  async #makeBatch(): Promise<void> {
    const names = Array.from({ length: batchSize }, () => join(this.#directory, `pipe-${randomUUID()}`));
    try {
      await run("mkfifo", ["-m", "0600", "--", ...names], { env: { PATH: "/usr/bin:/bin" } });
    } catch (cause) {
      const hint = "the operator looks whether the disk of the workspaces is full or read-only";
      const message = "no pipes could be made for a command's output";
      throw systemFault(cause) ?? new PhasegateError("workspace_unavailable", message, { hint }, { cause });
    }
    this.#names.push(...names);
  }
}

const closeOnExecute = 0o2000000;

/**
 * Descriptors above 2 that a child of this process would inherit: what whoever started the server left open. Each
 * could be a way out, so a command gets /dev/null in its place.
 */
export function inheritableDescriptors(): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    if (descriptor > 2 && isInheritable(descriptor)) found.push(descriptor);
  }
  return found;
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${String(descriptor)}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExecute) === 0;
  } catch {
    return false;
  }
}
