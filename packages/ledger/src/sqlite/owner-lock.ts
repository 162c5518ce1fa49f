import { PhasegateError } from "@phasegate/wire/core";
import { closeSync, openSync } from "node:fs";
import { databaseError } from "./database-errors.ts";
import { openDatabase, sqlFailure, type SqlDatabase } from "./driver.ts";

const busy = 5;

/**
 * Makes this process the only one that works on a ledger file, until `release` or its end, however that comes: the
 * operating system holds the lock. Throws `ledger_unavailable` when another process has it.
 */
export function takeOwnership(file: string): { readonly release: () => void } {
  const lockFile = `${file}-owner`;
  let lock: SqlDatabase | null = null;
  try {
    closeSync(openSync(lockFile, "a", 0o600));
    lock = openDatabase(lockFile, { busyTimeoutMs: 0 });
    lock.exec("begin exclusive");
  } catch (error) {
    lock?.close();
    if (sqlFailure(error)?.resultCode !== busy) throw databaseError(lockFile, error);
    throw new PhasegateError(
      "ledger_unavailable",
      `\`${file}\` is in use by another Phasegate server`,
      { hint: "stop that server, or give this one its own `storage.data_dir`" },
      { cause: error },
    );
  }
  const held = lock;
  return { release: () => held.close() };
}
