import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  canonicalJson,
  type Digest,
  type EventId,
  type EventType,
  type PrincipalId,
  type StoredEvent,
} from "@phasegate/wire";
import { ChainCheck } from "../verify/chain-check.ts";
import { inOrder, maxProblems, problemAt, short, type VerifyProblem } from "../verify/report.ts";
import { manifestSuffix } from "./export-files.ts";
import { ExportTally } from "./export-tally.ts";
import { type ExportedFile, type ExportedHead, type ExportEntry, manifestHead, readManifest } from "./manifest.ts";
import { manifestOf, noManifest } from "./manifest-path.ts";
import { readEntry } from "./read-entry.ts";
import { readLines } from "./read-lines.ts";

export interface VerifyExportOptions {
  /** The folder of an export, its manifest, or the file that is written. */
  readonly path: string;
  /** SPKI PEM keys of the server; without any, signatures are not judged. */
  readonly publicKeys?: readonly string[];
}

export interface ExportReport {
  readonly ok: boolean;
  readonly firstBad: VerifyProblem | null;
  /** In order of position, at most 100. */
  readonly problems: readonly VerifyProblem[];
  readonly files: number;
  readonly events: number;
  readonly streams: number;
  readonly lastPosition: number;
  /** The whole ledger from its first event on, by the manifest's word and the positions. */
  readonly complete: boolean;
  /** Entries whose data is not all here (digests of keys): their place in the chain is checked, their content is not. */
  readonly withheld: number;
  /** Bytes of a last line that was not written whole; the writer cuts it when it goes on. */
  readonly unfinishedBytes: number;
  readonly signedHeads: number;
  readonly manifestSigned: boolean;
  readonly signaturesChecked: boolean;
}

/**
 * Verifies an exported ledger without the ledger: the chain of every stream, the manifest's digests and positions, and,
 * given the server's public key, its signatures. Throws `export_invalid` when there is no manifest.
 */
export async function verifyExport(options: VerifyExportOptions): Promise<ExportReport> {
  const manifestPath = manifestOf(options.path);
  const manifest = await readManifest(manifestPath);
  if (manifest === null) throw noManifest(options.path);
  const keys = (options.publicKeys ?? []).map((pem) => createPublicKey(pem));
  const check = new ExportCheck(keys);
  if (manifest.signature !== null && keys.length > 0) {
    const { signature } = manifest.signature;
    if (!isSigned(keys, manifestHead(manifest), signature))
      check.note("file", "the manifest's signature does not hold");
  }
  const folder = dirname(manifestPath);
  for (const file of manifest.files) await check.read(join(folder, file.name), file, { isOpen: false });
  const openName = basename(manifestPath, manifestSuffix);
  await check.read(join(folder, openName), manifest.open, { isOpen: true });
  // A manifest of the beginning lists nothing yet, and says nothing of what came since.
  const complete = manifest.complete && (manifest.files.length > 0 || manifest.open !== null);
  return check.report({ complete, manifestSigned: manifest.signature !== null });
}

class ExportCheck {
  readonly #keys: readonly KeyObject[];
  readonly #chain = new ChainCheck();
  readonly #problems: VerifyProblem[] = [];
  #files = 0;
  #first = 0;
  #last = 0;
  #withheld = 0;
  #signedHeads = 0;
  #unfinishedBytes = 0;

  constructor(keys: readonly KeyObject[]) {
    this.#keys = keys;
  }

  note(area: "file" | "event" | "head", what: string, place: Parameters<typeof problemAt>[1] = {}): void {
    if (this.#problems.length < 4 * maxProblems) this.#problems.push(problemAt(area, place, what));
  }

  /** Reads one file; of the open one the manifest describes the beginning only. */
  async read(path: string, expected: ExportedFile | null, { isOpen }: { readonly isOpen: boolean }): Promise<void> {
    const name = basename(path);
    if (!existsSync(path)) {
      if (expected !== null) this.note("file", `\`${name}\` is missing`, { position: expected.first_position });
      return;
    }
    this.#files += 1;
    const tally = new ExportTally();
    const signed = new Map((expected?.signed_heads ?? []).map((head) => [`${head.stream} ${head.version}`, head]));
    let sealed = expected === null;
    const lines = readLines(path);
    let next = await lines.next();
    for (let number = 1; next.done !== true; number += 1, next = await lines.next()) {
      const line = next.value;
      const entry = readEntry(line);
      if (entry === null) {
        this.note("file", `line ${number} of \`${name}\` is no entry`, { position: this.#last + 1 });
        continue;
      }
      tally.take(line, entry);
      this.#take(entry);
      const head = signed.get(`${entry.subject} ${entry.version}`);
      if (head) this.#checkSignature(entry, head);
      if (!sealed && tally.bytes >= (expected?.bytes ?? 0)) {
        sealed = true;
        if (isOpen && expected !== null) this.#compare(name, tally, expected);
      }
    }
    const unfinished = next.value;
    if (isOpen) this.#unfinishedBytes += unfinished;
    else if (unfinished > 0) this.note("file", `\`${name}\` ends within a line`, { position: this.#last + 1 });
    if (expected !== null && (!isOpen || !sealed)) this.#compare(name, tally, expected);
  }

  #take(entry: ExportEntry): void {
    const isWithheld = entry.withheld !== undefined;
    if (isWithheld) this.#withheld += 1;
    if (this.#first === 0) this.#first = entry.position;
    if (entry.position <= this.#last) {
      this.note("event", `position ${entry.position} comes after position ${this.#last}`, { position: entry.position });
    }
    this.#last = Math.max(this.#last, entry.position);
    const { problem } = this.#chain.take({ event: storedEvent(entry), fault: null, isWithheld });
    if (problem !== null && this.#problems.length < 4 * maxProblems) this.#problems.push(problem);
  }

  #checkSignature(entry: ExportEntry, head: ExportedHead & { readonly signature: string }): void {
    this.#signedHeads += 1;
    const place = { position: entry.position, stream: entry.subject, version: entry.version };
    if (head.hash !== entry.hash) {
      this.note("head", `the signed head has the hash \`${short(head.hash)}\`, the entry has another`, place);
    } else if (this.#keys.length > 0 && !isSigned(this.#keys, head, head.signature)) {
      this.note("head", "the signature of the head does not hold", place);
    }
  }

  #compare(name: string, tally: ExportTally, expected: ExportedFile): void {
    const found = tally.describe(expected.name, []);
    const place = { position: expected.first_position };
    for (const member of ["entries", "bytes", "first_position", "last_position", "sha256"] as const) {
      if (found[member] === expected[member]) continue;
      this.note("file", `\`${name}\` has ${member} ${found[member]}, its manifest says ${expected[member]}`, place);
      return;
    }
    const heads = new Map(found.heads.map((head) => [head.stream, head]));
    for (const { stream, version, hash } of expected.heads) {
      const head = heads.get(stream);
      if (head?.version === version && head.hash === hash) continue;
      this.note("head", `the manifest says that \`${stream}\` stands at version ${version} with another hash`, place);
    }
  }

  report(options: { readonly complete: boolean; readonly manifestSigned: boolean }): ExportReport {
    if (options.complete) {
      for (const { from, to } of this.#chain.missing) {
        if (this.#problems.some(({ position }) => position !== null && position >= from && position <= to)) continue;
        const what = from === to ? `the event at position ${from} is missing` : `events ${from} to ${to} are missing`;
        this.note("event", what, { position: from });
      }
    }
    const problems = inOrder(this.#problems).slice(0, maxProblems);
    return {
      ok: problems.length === 0,
      firstBad: problems[0] ?? null,
      problems,
      files: this.#files,
      events: this.#chain.events,
      streams: this.#chain.streams,
      lastPosition: this.#last,
      complete: options.complete && this.#chain.missing.length === 0,
      withheld: this.#withheld,
      unfinishedBytes: this.#unfinishedBytes,
      signedHeads: this.#signedHeads,
      manifestSigned: options.manifestSigned,
      signaturesChecked: this.#keys.length > 0,
    };
  }
}

function storedEvent(entry: ExportEntry): StoredEvent {
  return {
    id: entry.id as EventId,
    stream: entry.subject,
    version: entry.version,
    type: entry.type as EventType,
    at: entry.time,
    principal: entry.principal as PrincipalId,
    agent_id: entry.agentid ?? null,
    data: entry.data as StoredEvent["data"],
    previous_hash: (entry.previoushash ?? null) as Digest | null,
    hash: entry.hash as Digest,
    position: entry.position,
  } as StoredEvent;
}

function isSigned(keys: readonly KeyObject[], head: ExportedHead, signature: string): boolean {
  const bytes = Buffer.from(canonicalJson({ stream: head.stream, version: head.version, hash: head.hash }));
  return keys.some((key) => verify(null, bytes, key, Buffer.from(signature, "base64url")));
}
