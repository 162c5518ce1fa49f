import { PhasegateError } from "@phasegate/wire/core";
import { closeSync, openSync } from "node:fs";
import { databaseError } from "./database-errors.ts";
import { openDatabase, sqlFailure, type SqlDatabase } from "./driver.ts";

const busy = 5;

export interface Ownership {
  readonly release: () => void;
}

/** As `takeLock`, for a ledger file. Throws `ledger_unavailable` when another process has it. */
export function takeOwnership(file: string): Ownership {
  return takeLock(
    file,
    (cause) =>
      new PhasegateError(
        "ledger_unavailable",
        `\`${file}\` is in use by another Phasegate server`,
        { hint: "stop that server, or give this one its own `storage.data_dir`" },
        { cause },
      ),
  );
}

/**
 * Makes the caller the only one that works on a file, until `release` or the end of its process, however that comes: the
 * operating system holds the lock, on a file beside it. Throws what `taken` makes when another has it.
 */
export function takeLock(file: string, taken: (cause: unknown) => PhasegateError): Ownership {
  const lockFile = `${file}-owner`;
  let lock: SqlDatabase | null = null;
  try {
    closeSync(openSync(lockFile, "a", 0o600));
    lock = openDatabase(lockFile, { busyTimeoutMs: 0 });
    lock.exec("begin exclusive");
  } catch (error) {
    lock?.close();
    if (sqlFailure(error)?.resultCode !== busy) throw databaseError(lockFile, error);
    throw taken(error);
  }
  const held = lock;
  return { release: () => held.close() };
}
