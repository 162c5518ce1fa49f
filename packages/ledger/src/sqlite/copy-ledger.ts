import { PhasegateError } from "@phasegate/wire/core";
import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { databaseError } from "./database-errors.ts";

/** All pages in one step: the copy is the ledger at one moment, whatever its server appends meanwhile. */
const allPages = 2 ** 31 - 1;

/**
 * Copies a ledger file to `to` as it was at one moment, also while its server appends; the copy is on disk when this
 * resolves (SQLite's online backup API). Rejects with `ledger_unavailable` when there is no ledger, it cannot be
 * read, or `to` exists.
 */
export async function copyLedger(options: { readonly from: string; readonly to: string }): Promise<void> {
  if (existsSync(options.to)) throw refused(options.to, "there is a file already");
  if (!existsSync(options.from)) throw refused(options.from, "there is no ledger");
  closeSync(openSync(options.to, "wx", 0o600));
  let source: DatabaseSync | null = null;
  try {
    source = new DatabaseSync(options.from, { readOnly: true, timeout: 5_000, allowExtension: false });
    await backup(source, options.to, { rate: allPages });
  } catch (error) {
    throw databaseError(options.from, error);
  } finally {
    source?.close();
  }
  chmodSync(options.to, 0o600);
  const copy = openSync(options.to, "r");
  fsyncSync(copy);
  closeSync(copy);
}

function refused(file: string, why: string): PhasegateError {
  return new PhasegateError("ledger_unavailable", `\`${file}\` cannot be copied: ${why}`, {
    hint: "name the data directory of a server, and a place that does not exist yet",
  });
}
