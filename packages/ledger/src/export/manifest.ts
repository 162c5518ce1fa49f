import { readFile } from "node:fs/promises";
import { type CloudEventAnswer, type Digest, digestJson, PhasegateError } from "@phasegate/wire";
import type { SignedHead } from "../port.ts";

export const exportFormat = "phasegate-audit-export/1";

/** Where a stream stands at the end of a file. */
export interface ExportedHead {
  readonly stream: string;
  readonly version: number;
  readonly hash: string;
}

/** A head that the server signed when it was appended. */
export interface ExportedSignature extends ExportedHead {
  readonly key_id: string;
  readonly signature: string;
}

/** Bytes of one file that will not change any more. */
export interface ExportedFile {
  readonly name: string;
  readonly entries: number;
  readonly first_position: number;
  readonly last_position: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of each stream that has an entry in the file. */
  readonly heads: readonly ExportedHead[];
  readonly signed_heads: readonly ExportedSignature[];
}

/** What an export holds, beside its files. */
export interface ExportManifest {
  readonly format: typeof exportFormat;
  /** True while the entries are all of the ledger's, from its first on. */
  readonly complete: boolean;
  /** Rotated files in the order of their positions. */
  readonly files: readonly ExportedFile[];
  /** The file that is written, as far as it was when the manifest was; null while it is empty. */
  readonly open: ExportedFile | null;
  /** Of the rest of the manifest, by the key that signs the ledger's heads; null when the writer has no such key. */
  readonly signature: { readonly key_id: string; readonly signature: string } | null;
}

/** Entries of an export: events as CloudEvents, one a line. */
export type ExportEntry = CloudEventAnswer;

/** Vouches for a head with the server's key. */
export type SignHead = (head: { stream: string; version: number; hash: Digest }) => SignedHead;

/** The head that stands for a manifest when it is signed; no stream of a ledger has this name. */
export function manifestHead(manifest: Omit<ExportManifest, "signature">): {
  stream: string;
  version: number;
  hash: Digest;
} {
  const { format, complete, files, open } = manifest;
  const content = JSON.parse(JSON.stringify({ format, complete, files, open })) as Parameters<typeof digestJson>[0];
  return { stream: "audit-export", version: files.length, hash: digestJson(content) };
}

/** Reads a manifest; null when there is none. Throws `export_invalid` on anything else than a manifest. */
export async function readManifest(path: string): Promise<ExportManifest | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const manifest = parsed(text);
  if (!isManifest(manifest)) {
    throw new PhasegateError("export_invalid", `\`${path}\` is no manifest of an audit export`, {
      hint: "put it back from a backup, or export to another file",
    });
  }
  return manifest;
}

function isManifest(value: unknown): value is ExportManifest {
  const manifest = value as ExportManifest | null;
  return (
    typeof manifest === "object" &&
    manifest !== null &&
    manifest.format === exportFormat &&
    typeof manifest.complete === "boolean" &&
    Array.isArray(manifest.files) &&
    manifest.files.every(isFile) &&
    (manifest.open === null || isFile(manifest.open)) &&
    (manifest.signature === null || typeof manifest.signature?.signature === "string")
  );
}

function isFile(file: Partial<ExportedFile> | null | undefined): boolean {
  return (
    typeof file?.name === "string" &&
    !/[/\\]/.test(file.name) &&
    [file.entries, file.first_position, file.last_position, file.bytes].every(Number.isSafeInteger) &&
    typeof file.sha256 === "string" &&
    Array.isArray(file.heads) &&
    Array.isArray(file.signed_heads)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
