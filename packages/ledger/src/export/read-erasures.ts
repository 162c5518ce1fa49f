import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Digest, parseDigest, PhasegateError, serverPrincipalId } from "@phasegate/wire";
import { readAll } from "../sqlite/event-reads.ts";
import { Reader } from "../sqlite/reader.ts";
import { manifestSuffix } from "./export-files.ts";
import { manifestOf } from "./manifest-path.ts";
import { readManifest } from "./manifest.ts";
import { readEntry } from "./read-entry.ts";
import { readLines } from "./read-lines.ts";
import { verifyExport } from "./verify-export.ts";

/** Reasons by the digest of the body. */
export type Erasures = ReadonlyMap<Digest, string>;

/** Of a `payload.erased` by the server, for a body whose time was over. */
export const retentionReason = "retention";

const pageSize = 1_000;

/**
 * Which bodies were erased for good, by the word of a data directory, a ledger's file or an audit export that verifies.
 * Those that retention erased are not among them: it does so again by itself. Rejects with `ledger_unavailable`,
 * `ledger_corrupt` or `export_invalid` when that word cannot be had.
 */
export async function readErasures(path: string): Promise<Erasures> {
  const file = ledgerFileIn(path);
  return file === null ? erasuresInExport(path) : erasuresInLedger(file);
}

function ledgerFileIn(path: string): string | null {
  const inFolder = join(path, "ledger.sqlite");
  if (existsSync(inFolder)) return inFolder;
  return path.endsWith(".sqlite") ? path : null;
}

async function erasuresInLedger(file: string): Promise<Erasures> {
  const erasures = new Map<Digest, string>();
  const reader = new Reader(file, { busyTimeoutMs: 5_000 });
  try {
    for (let after = 0; ;) {
      const page = await readAll(reader, { after, limit: pageSize, types: ["payload.erased"] });
      for (const { principal, data } of page) note(erasures, principal, data);
      if (page.length < pageSize) return erasures;
      after = page.at(-1)?.position ?? after;
    }
  } finally {
    reader.close();
  }
}

async function erasuresInExport(path: string): Promise<Erasures> {
  if (!existsSync(path)) throw noSource(path);
  const { ok, firstBad } = await verifyExport({ path });
  if (!ok)
    throw new PhasegateError("export_invalid", `\`${path}\` does not verify: ${firstBad?.what ?? "no entry named"}`);
  const manifestPath = manifestOf(path);
  const manifest = await readManifest(manifestPath);
  const names = [...(manifest?.files ?? []).map(({ name }) => name), basename(manifestPath, manifestSuffix)];
  const erasures = new Map<Digest, string>();
  for (const name of names) {
    const file = join(dirname(manifestPath), name);
    if (!existsSync(file) || !statSync(file).isFile()) continue;
    for await (const line of readLines(file)) {
      const entry = readEntry(line);
      if (entry?.type === "payload.erased") note(erasures, entry.principal, entry.data);
    }
  }
  return erasures;
}

function note(erasures: Map<Digest, string>, principal: string, data: object): void {
  const { digest, reason } = data as { digest?: unknown; reason?: unknown };
  const parsed = typeof digest === "string" ? parseDigest(digest) : null;
  const byRetention = principal === serverPrincipalId && reason === retentionReason;
  if (!byRetention && parsed !== null) erasures.set(parsed, String(reason));
}

function noSource(path: string): PhasegateError {
  return new PhasegateError("ledger_unavailable", `\`${path}\` is not there`, {
    hint: "name the data directory of before, its ledger, or an audit export",
  });
}
