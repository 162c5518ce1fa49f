import { PhasegateError } from "@phasegate/wire/core";
import { statSync } from "node:fs";
import type { SqlDatabase } from "./driver.ts";

/**
 * Throws `ledger_corrupt` for a file that is shorter than it says itself: one that was cut, or copied in part. SQLite
 * would tell only when it comes to a page that is not there. Costs one look at the file.
 */
export function requireWhole(database: SqlDatabase, file: string): void {
  // Pages that only the log holds are brought into the file first; where a reader keeps them out, nothing is judged.
  const moved = database.prepare("pragma wal_checkpoint(truncate)").get();
  if (moved?.["busy"] !== 0) return;
  const pages = Number(database.prepare("pragma page_count").get()?.["page_count"]);
  const pageBytes = Number(database.prepare("pragma page_size").get()?.["page_size"]);
  const said = pages * pageBytes;
  const { size } = statSync(file);
  if (size >= said) return;
  throw new PhasegateError("ledger_corrupt", `\`${file}\` was cut: it holds ${size} of ${said} bytes`, {
    hint: "restore it from a backup, or name another file in `storage.url`",
  });
}
