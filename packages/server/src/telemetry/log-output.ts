import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { prettyFactory } from "pino-pretty";

/**
 * One place that lines go to: standard error or a file. A target that takes none (disk full, descriptors used up) never
 * ends the server: the line is dropped, and how many were is told with the first that is taken again.
 */
export class LogOutput {
  readonly #path: string | null;
  readonly #format: (line: string) => string;
  #descriptor: number;
  #dropped = 0;

  /** Throws when the file cannot be opened. */
  constructor(target: 2 | string, format: "json" | "pretty") {
    this.#path = typeof target === "string" ? target : null;
    this.#descriptor = typeof target === "string" ? openLog(target) : target;
    const pretty = format === "pretty" ? prettyFactory({ colorize: target === 2 && process.stderr.isTTY }) : null;
    this.#format = (line) => (pretty ? pretty(JSON.parse(line)) : line);
  }

  write(line: string): void {
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
    if (this.#path === null) return;
    const old = this.#descriptor;
    this.#descriptor = openLog(this.#path);
    closeSync(old);
  }

  close(): void {
    if (this.#path !== null) closeSync(this.#descriptor);
  }

  #put(line: string): void {
    let rest = Buffer.from(this.#format(line));
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#descriptor, rest));
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, "a", 0o600);
}

function droppedLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: "warn", time, dropped: count, msg: "lines of the log were dropped" })}\n`;
}
