import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename } from "node:fs/promises";
import { PhasegateError } from "@phasegate/wire";
import { ExportFiles, replaceFile, syncFolder } from "./export-files.ts";
import { ExportTally } from "./export-tally.ts";
import {
  type ExportedFile,
  type ExportedSignature,
  type ExportEntry,
  exportFormat,
  type ExportManifest,
  manifestHead,
  readManifest,
  type SignHead,
} from "./manifest.ts";
import { readEntry } from "./read-entry.ts";
import { readLines } from "./read-lines.ts";
import { type Ownership, takeLock } from "../sqlite/owner-lock.ts";

export interface ExportWriterOptions {
  /** The file that is written; rotated ones and the manifest stand beside it. */
  readonly file: string;
  /** A file that would grow beyond this is rotated first. Default: never. */
  readonly rotateBytes?: number;
  readonly signHead?: SignHead;
  /** Signatures that the ledger keeps of a stream's heads. */
  readonly signedHeads?: (stream: string) => Promise<readonly ExportedSignature[]>;
}

/**
 * Writes entries to a file, one JSON object a line, in the order of positions, and never one twice or one too few: where
 * it goes on is read from the files themselves, so there is no position beside them that a crash could leave behind.
 *
 * Opening it cuts a last line that was not written whole, takes in a file that was rotated but is not in the manifest
 * yet, and goes on after the last entry. A writer whose call failed is of no use any more: close it and open
 * another.
 */
export class ExportWriter {
  readonly #options: ExportWriterOptions;
  readonly #files: ExportFiles;
  readonly #rotated: ExportedFile[];
  #handle: FileHandle;
  #tally: ExportTally;
  #position: number;
  #complete: boolean;
  /** False from the moment at which a write began until it has ended well. */
  #isWhole = true;
  readonly #owned: Ownership;
  #turn: Promise<void> = Promise.resolve();

  /** Throws `export_invalid` while another writer has the files. */
  static async open(options: ExportWriterOptions): Promise<ExportWriter> {
    // Says what is wrong with the folder before a lock is made there.
    await (await open(options.file, constants.O_RDWR | constants.O_CREAT, 0o600)).close();
    const owned = takeLock(options.file, (cause) => inUse(options.file, cause));
    try {
      return await ExportWriter.#open(options, owned);
    } catch (error) {
      owned.release();
      throw error;
    }
  }

  static async #open(options: ExportWriterOptions, owned: Ownership): Promise<ExportWriter> {
    const files = new ExportFiles(options.file);
    const manifest = await readManifest(files.path(files.manifest));
    const rotated = [...(manifest?.files ?? [])];
    let complete = manifest?.complete ?? true;
    for (const name of await unlisted(files, rotated.at(-1)?.last_position ?? 0)) {
      const { tally } = await tallyOf(files.path(name));
      complete &&= tally.first === (rotated.at(-1)?.last_position ?? 0) + 1 && isDense(tally);
      rotated.push(tally.describe(name, await signaturesOf(options, tally)));
    }
    const handle = await open(files.path(files.open), constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      const { tally } = await tallyOf(files.path(files.open));
      await handle.truncate(tally.bytes);
      await syncFolder(files.folder);
      const last = rotated.at(-1)?.last_position ?? 0;
      if (tally.entries > 0 && tally.first <= last) throw overlapping(options.file);
      complete &&= tally.entries === 0 || (tally.first === last + 1 && isDense(tally));
      const writer = new ExportWriter({ options, files, rotated, handle, tally, complete, owned });
      // An export can be verified from its beginning on, also when its writer is killed before the first rotation.
      if (manifest === null || rotated.length > manifest.files.length) await writer.#writeManifest();
      return writer;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  private constructor(parts: {
    options: ExportWriterOptions;
    files: ExportFiles;
    rotated: ExportedFile[];
    handle: FileHandle;
    tally: ExportTally;
    complete: boolean;
    owned: Ownership;
  }) {
    this.#options = parts.options;
    this.#owned = parts.owned;
    this.#files = parts.files;
    this.#rotated = parts.rotated;
    this.#handle = parts.handle;
    this.#tally = parts.tally;
    this.#complete = parts.complete;
    this.#position = parts.tally.last?.position ?? parts.rotated.at(-1)?.last_position ?? 0;
  }

  /** Position of the last entry; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  /** The last entry of the open file; null when it is empty. */
  get last(): ExportEntry | null {
    return this.#tally.last;
  }

  /** Writes entries in the order of their positions; they are on disk when this resolves. Calls take turns. */
  async append(entries: readonly ExportEntry[]): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      this.#isWhole = false;
      await this.#append(entries);
      this.#isWhole = true;
    } finally {
      resolve();
    }
  }

  async #append(entries: readonly ExportEntry[]): Promise<void> {
    let lines: string[] = [];
    for (const entry of entries) {
      if (entry.position <= this.#position) throw overlapping(this.#options.file);
      const line = `${JSON.stringify(entry)}\n`;
      const isFull = this.#tally.bytes + Buffer.byteLength(line) > (this.#options.rotateBytes ?? Infinity);
      if (isFull && this.#tally.entries > 0) {
        await this.#write(lines);
        lines = [];
        await this.#rotate();
      }
      this.#tally.take(line, entry);
      this.#complete &&= entry.position === this.#position + 1;
      this.#position = entry.position;
      lines.push(line);
    }
    await this.#write(lines);
  }

  /** Brings the manifest up to what is written. */
  async seal(): Promise<void> {
    await this.#writeManifest();
  }

  /** Also after a failure: then the manifest stays as it was. */
  async close(): Promise<void> {
    await this.#turn;
    try {
      if (this.#isWhole) await this.#writeManifest();
    } finally {
      await this.#handle.close();
      this.#owned.release();
    }
  }

  async #write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#handle.appendFile(lines.join(""));
    await this.#handle.datasync();
  }

  async #rotate(): Promise<void> {
    const { first, last } = this.#tally;
    const name = this.#files.rotated(first, last?.position ?? 0);
    await rename(this.#files.path(this.#files.open), this.#files.path(name));
    await syncFolder(this.#files.folder);
    this.#rotated.push(this.#tally.describe(name, await signaturesOf(this.#options, this.#tally)));
    await this.#handle.close();
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_EXCL;
    this.#handle = await open(this.#files.path(this.#files.open), flags, 0o600);
    this.#tally = new ExportTally();
    await this.#writeManifest();
  }

  async #writeManifest(): Promise<void> {
    const isEmpty = this.#tally.entries === 0;
    const content = {
      format: exportFormat,
      complete: this.#complete,
      files: this.#rotated,
      open: isEmpty ? null : this.#tally.describe(this.#files.open, await signaturesOf(this.#options, this.#tally)),
    } as const;
    const signed = this.#options.signHead?.(manifestHead(content));
    const signature = signed === undefined ? null : { key_id: signed.keyId, signature: signed.signature };
    const manifest: ExportManifest = { ...content, signature };
    await replaceFile(this.#files.path(this.#files.manifest), `${JSON.stringify(manifest, null, 1)}\n`);
  }
}

/** Files that were rotated after the manifest was written: the crash came between. */
async function unlisted(files: ExportFiles, after: number): Promise<string[]> {
  const names = await readdir(files.folder);
  return names.filter((name) => (files.positionsIn(name)?.first ?? 0) > after).sort();
}

async function tallyOf(path: string): Promise<{ readonly tally: ExportTally }> {
  const tally = new ExportTally();
  for await (const line of readLines(path)) {
    const entry = readEntry(line);
    if (entry === null) {
      throw new PhasegateError("export_invalid", `\`${path}\` is not an export of the ledger`, {
        hint: "name a new file, or one that the audit export wrote",
      });
    }
    tally.take(line, entry);
  }
  return { tally };
}

function isDense(tally: ExportTally): boolean {
  return (tally.last?.position ?? 0) - tally.first + 1 === tally.entries;
}

async function signaturesOf(options: ExportWriterOptions, tally: ExportTally): Promise<ExportedSignature[]> {
  if (options.signedHeads === undefined) return [];
  const found: ExportedSignature[] = [];
  const ends = new Map(tally.describe("", []).heads.map(({ stream, version }) => [stream, version]));
  for (const [stream, version] of ends) {
    // The newest that the file holds vouches for all before it.
    const last = (await options.signedHeads(stream)).findLast((head) => head.version <= version);
    if (last !== undefined) found.push(last);
  }
  return found;
}

function inUse(file: string, cause: unknown): PhasegateError {
  return new PhasegateError(
    "export_invalid",
    `\`${file}\` is being written by another export`,
    { hint: "wait until it has ended, or name another file" },
    { cause },
  );
}

function overlapping(file: string): PhasegateError {
  return new PhasegateError("export_invalid", `\`${file}\` holds entries that its older files hold, too`, {
    hint: "move the export away and begin another, or put its files back from a backup",
  });
}
