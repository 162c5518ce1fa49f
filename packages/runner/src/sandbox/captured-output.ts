import type { CapturedOutput } from "./sandbox.ts";

/**
 * Keeps the first and the last half of a stream within `limitBytes`, however much passes. What passes in between costs
 * a copy and no memory; it is counted and named by a line in the middle.
 */
export class OutputCapture {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  /** The last bytes, in turn: the oldest is at `#tailAt` once all of it is filled. Made when first needed. */
  #tail: Buffer | null = null;
  #tailAt = 0;
  #passedBytes = 0;

  constructor(limitBytes: number) {
    this.#headLimit = Math.ceil(limitBytes / 2);
    this.#tailLimit = Math.floor(limitBytes / 2);
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#headBytes < this.#headLimit) {
      const taken = rest.subarray(0, this.#headLimit - this.#headBytes);
      this.#head.push(Buffer.from(taken));
      this.#headBytes += taken.length;
      rest = rest.subarray(taken.length);
    }
    if (rest.length === 0) return;
    this.#passedBytes += rest.length;
    this.#tail ??= Buffer.allocUnsafe(this.#tailLimit);
    const kept = rest.subarray(Math.max(0, rest.length - this.#tailLimit));
    const untilEnd = kept.copy(this.#tail, this.#tailAt);
    kept.copy(this.#tail, 0, untilEnd);
    if (this.#tailLimit > 0) this.#tailAt = (this.#tailAt + kept.length) % this.#tailLimit;
  }

  finish(): CapturedOutput {
    const head = Buffer.concat(this.#head);
    const tail = this.#lastBytes();
    const omitted = this.#passedBytes - tail.length;
    if (omitted === 0) return { text: Buffer.concat([head, tail]).toString("utf8"), truncated: false };
    return {
      text: `${head.toString("utf8")}\n[... ${String(omitted)} bytes left out ...]\n${tail.toString("utf8")}`,
      truncated: true,
    };
  }

  #lastBytes(): Buffer {
    if (this.#tail === null) return Buffer.alloc(0);
    if (this.#passedBytes < this.#tailLimit) return this.#tail.subarray(0, this.#passedBytes);
    return Buffer.concat([this.#tail.subarray(this.#tailAt), this.#tail.subarray(0, this.#tailAt)]);
  }
}
