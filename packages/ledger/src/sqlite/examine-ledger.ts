import { existsSync } from "node:fs";
import { databaseError } from "./database-errors.ts";
import { openDatabase } from "./driver.ts";
import { checkSchema } from "./schema.ts";

/**
 * Reads the version of a ledger, also of one that a server works on, and changes nothing. Throws `ledger_corrupt` for
 * what is no ledger and for one of a newer version; one that is not there yet is right.
 */
export function examineLedger(file: string): void {
  if (!existsSync(file)) return;
  let database;
  try {
    database = openDatabase(file, { readOnly: true, busyTimeoutMs: 1_000 });
    checkSchema(database, file);
  } catch (error) {
    throw databaseError(file, error);
  } finally {
    database?.close();
  }
}
