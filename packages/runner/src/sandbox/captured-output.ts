import type { CapturedOutput } from "./sandbox.ts";

/**
 * Keeps the first and the last half of a stream within `limitBytes`, however much passes. Memory stays within
 * twice the limit; what is between is counted and named by a line in the middle.
 */
export class OutputCapture {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #totalBytes = 0;

  constructor(limitBytes: number) {
    this.#headLimit = Math.ceil(limitBytes / 2);
    this.#tailLimit = Math.floor(limitBytes / 2);
  }

  push(chunk: Buffer): void {
    this.#totalBytes += chunk.length;
    let rest = chunk;
    if (this.#headBytes < this.#headLimit) {
      const taken = rest.subarray(0, this.#headLimit - this.#headBytes);
      this.#head.push(Buffer.from(taken));
      this.#headBytes += taken.length;
      rest = rest.subarray(taken.length);
    }
    if (rest.length === 0) return;
    this.#tail.push(Buffer.from(rest.subarray(Math.max(0, rest.length - this.#tailLimit))));
    this.#tailBytes += Math.min(rest.length, this.#tailLimit);
    if (this.#tailBytes > 2 * this.#tailLimit || this.#tail.length > 256) this.#compactTail();
  }

  finish(): CapturedOutput {
    this.#compactTail();
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    const omitted = this.#totalBytes - head.length - tail.length;
    if (omitted === 0) return { text: Buffer.concat([head, tail]).toString("utf8"), truncated: false };
    return {
      text: `${head.toString("utf8")}\n[... ${String(omitted)} bytes left out ...]\n${tail.toString("utf8")}`,
      truncated: true,
    };
  }

  #compactTail(): void {
    const tail = Buffer.concat(this.#tail);
    this.#tail = [tail.subarray(Math.max(0, tail.length - this.#tailLimit))];
    this.#tailBytes = this.#tail[0]?.length ?? 0;
  }
}
