import { createHash, type Hash } from "node:crypto";
import type { ExportedFile, ExportedHead, ExportEntry } from "./manifest.ts";

/** What is known of a file that is being written or read, line by line. */
export class ExportTally {
  readonly #hash: Hash = createHash("sha256");
  readonly #heads = new Map<string, ExportedHead>();
  #bytes = 0;
  #entries = 0;
  #first = 0;
  #last: ExportEntry | null = null;

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  get first(): number {
    return this.#first;
  }

  get last(): ExportEntry | null {
    return this.#last;
  }

  /** Digest of all lines so far. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  get streams(): readonly string[] {
    return [...this.#heads.keys()];
  }

  /** Takes one line with its line feed. */
  take(line: string | Buffer, entry: ExportEntry): void {
    this.#hash.update(line);
    this.#bytes += Buffer.byteLength(line);
    if (this.#entries === 0) this.#first = entry.position;
    this.#entries += 1;
    this.#last = entry;
    this.#heads.set(entry.subject, { stream: entry.subject, version: entry.version, hash: entry.hash });
  }

  describe(name: string, signatures: ExportedFile["signed_heads"]): ExportedFile {
    return {
      name,
      entries: this.#entries,
      first_position: this.#first,
      last_position: this.#last?.position ?? 0,
      bytes: this.#bytes,
      sha256: this.sha256,
      heads: [...this.#heads.values()],
      signed_heads: signatures,
    };
  }
}
