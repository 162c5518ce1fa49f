import { accessSync, closeSync, constants, existsSync, openSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { PhasegateError } from "@phasegate/wire";
import { prettyFactory } from "pino-pretty";
import { makeFolder, tryFolder } from "../config/make-folder.ts";

/**
 * One place that lines go to: standard error or a file. A target that takes none (disk full, descriptors used up) never
 * ends the server: the line is dropped, and how many were is told with the first that is taken again.
 */
export class LogOutput {
  readonly #path: string | null;
  readonly #format: (line: string) => string;
  /** Null once it is closed: the number may be another file's by then. */
  #descriptor: number | null;
  #dropped = 0;

  /** Throws when the file cannot be opened. */
  constructor(target: 2 | string, format: "json" | "pretty") {
    this.#path = typeof target === "string" ? target : null;
    this.#descriptor = typeof target === "string" ? openLog(target) : target;
    const pretty = format === "pretty" ? prettyFactory({ colorize: target === 2 && process.stderr.isTTY }) : null;
    this.#format = (line) => (pretty ? pretty(JSON.parse(line)) : line);
  }

  write(line: string): void {
    if (this.#descriptor === null) return;
    try {
      if (this.#dropped > 0) {
        this.#put(droppedLine(this.#dropped));
        this.#dropped = 0;
      }
      this.#put(line);
    } catch {
      this.#dropped += 1;
    }
  }

  /** Opens a file again by its name: it was rotated away. When that fails the old one is kept; throws why. */
  reopen(): void {
    if (this.#path === null || this.#descriptor === null) return;
    const old = this.#descriptor;
    this.#descriptor = openLog(this.#path);
    closeSync(old);
  }

  /** What is written later is dropped. */
  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (this.#path !== null && descriptor !== null) closeSync(descriptor);
  }

  #put(line: string): void {
    let rest = Buffer.from(this.#format(line));
    while (rest.length > 0 && this.#descriptor !== null) rest = rest.subarray(writeSync(this.#descriptor, rest));
  }
}

/** Throws where the file could not be opened, as far as that can be told without making anything. */
export function examineLogFile(path: string): void {
  try {
    if (!existsSync(path)) tryFolder(dirname(path));
    else if (statSync(path).isDirectory()) throw new Error("it is a directory");
    else accessSync(path, constants.W_OK);
  } catch (error) {
    throw logFileRefused(path, error);
  }
}

/** What to tell of a log file that cannot be opened. */
export function logFileRefused(path: string, cause: unknown): PhasegateError {
  const message = `cannot open the log file \`${path}\`: ${cause instanceof Error ? cause.message : String(cause)}`;
  const hint = "set `logging.file` to a file that the server may write, or to nothing";
  return new PhasegateError("config_invalid", message, { hint }, { cause });
}

/** Never waits: a pipe that nobody reads is refused. */
function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  makeFolder(dirname(path), 0o755);
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
}

function droppedLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: "warn", time, dropped: count, msg: "lines of the log were dropped" })}\n`;
}
