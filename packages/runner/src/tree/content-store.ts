import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { PhasegateError } from "@phasegate/wire/core";

const copyBytes = 1024 * 1024;
/** A quarter of the least grace that a collection leaves. */
const touchEveryMs = 900_000;
/** More than a tree may have files; what is forgotten is looked for on the disk. */
const maxKnown = 400_000;

/**
 * Bytes under their SHA-256, below the data directory, mode 0600. A content is there whole or not at all, and one
 * that no longer has its digest is never handed out.
 *
 * Synchronous: it is used in worker threads, and for single small contents elsewhere.
 */
export class ContentStore {
  readonly #directory: string;
  /** What this store has seen here, and when it was last touched. */
  readonly #known = new Map<string, number>();
  readonly #folders = new Set<string>();
  #storedBytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(path.join(directory, "incoming"), { recursive: true, mode: 0o700 });
  }

  /** Bytes of contents that were not here before, since this store was opened. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  pathOf(content: string): string {
    return path.join(this.#directory, content.slice(0, 2), content);
  }

  /**
   * Whether the content is here. A yes touches it now and then, so that a collection, which takes nothing that is
   * younger than an hour, leaves it to whoever relies on the answer.
   */
  has(content: string): boolean {
    const now = Date.now();
    const touchedAt = this.#known.get(content);
    if (touchedAt !== undefined && now - touchedAt < touchEveryMs) return true;
    try {
      const time = now / 1_000;
      utimesSync(this.pathOf(content), time, time);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      this.#known.delete(content);
      return false;
    }
    this.#note(content, now);
    return true;
  }

  putSync(content: string, bytes: Uint8Array): void {
    if (this.has(content)) return;
    const incoming = this.#incoming();
    writeFileSync(incoming, bytes, { mode: 0o600, flag: "wx" });
    this.#settle(incoming, content, bytes.length);
  }

  /**
   * Copies what the descriptor holds from its beginning and answers its digest and size: for files too large to
   * hold in memory. Gives up past `maxBytes`, and when `onPiece`, which is called for each piece, throws.
   */
  copySync(descriptor: number, maxBytes: number, onPiece: () => void): { content: string; size: number } {
    const incoming = this.#incoming();
    const target = openSync(incoming, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(copyBytes);
    let size = 0;
    try {
      for (;;) {
        const count = readSync(descriptor, buffer, 0, buffer.length, size);
        if (count === 0) break;
        size += count;
        if (size > maxBytes)
          throw new PhasegateError("tree_too_large", `a file is past the bound of ${maxBytes} bytes`);
        onPiece();
        hash.update(buffer.subarray(0, count));
        writeSync(target, buffer, 0, count);
      }
    } catch (error) {
      rmSync(incoming, { force: true });
      throw error;
    } finally {
      closeSync(target);
    }
    const content = hash.digest("hex");
    if (this.has(content)) rmSync(incoming, { force: true });
    else this.#settle(incoming, content, size);
    return { content, size };
  }

  /** Throws `workspace_unavailable` when the content is missing or does not have its digest. */
  readSync(content: string): Buffer {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.pathOf(content));
    } catch (cause) {
      throw lost(content, cause);
    }
    if (createHash("sha256").update(bytes).digest("hex") !== content) throw lost(content);
    return bytes;
  }

  /** At most `maxBytes` of its beginning, unchecked: for what is shown, never for what is judged by its digest. */
  readStart(content: string, maxBytes: number): Buffer {
    let source: number;
    try {
      source = openSync(this.pathOf(content), constants.O_RDONLY);
    } catch (cause) {
      throw lost(content, cause);
    }
    try {
      const buffer = Buffer.alloc(maxBytes);
      return buffer.subarray(0, readSync(source, buffer, 0, maxBytes, 0));
    } finally {
      closeSync(source);
    }
  }

  /** Writes a content to an open descriptor, in pieces, and checks its digest on the way. */
  writeTo(content: string, descriptor: number, permissions: number): void {
    let source: number;
    try {
      source = openSync(this.pathOf(content), constants.O_RDONLY);
    } catch (cause) {
      throw lost(content, cause);
    }
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(64 * 1024);
    try {
      for (;;) {
        const count = readSync(source, buffer, 0, buffer.length, null);
        if (count === 0) break;
        hash.update(buffer.subarray(0, count));
        for (let written = 0; written < count;) written += writeSync(descriptor, buffer, written, count - written);
      }
    } finally {
      closeSync(source);
    }
    if (hash.digest("hex") !== content) throw lost(content);
    fchmodSync(descriptor, permissions);
  }

  #incoming(): string {
    return path.join(this.#directory, "incoming", randomUUID());
  }

  #settle(incoming: string, content: string, size: number): void {
    const target = this.pathOf(content);
    const folder = path.dirname(target);
    if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folders.add(folder);
    renameSync(incoming, target);
    this.#storedBytes += size;
    this.#note(content, Date.now());
  }

  #note(content: string, now: number): void {
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(content, now);
  }
}

function lost(content: string, cause?: unknown): PhasegateError {
  return new PhasegateError(
    "workspace_unavailable",
    `stored content \`${content.slice(0, 12)}\` is missing or damaged`,
    { hint: "the data directory was changed from outside; restore it from a backup" },
    { cause },
  );
}
