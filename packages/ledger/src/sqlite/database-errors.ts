import { PhasegateError } from "@phasegate/wire/core";
import { sqlFailure } from "./driver.ts";

const constraint = 19;
const corrupt = new Set([11, 26]);

/** What an operator can do about the faults that SQLite reports, by primary result code. */
const faults: Readonly<Record<number, { what: string; hint: string }>> = {
  3: { what: "may not be opened", hint: "give the server's user read and write permission on the file and its folder" },
  5: { what: "is locked by another program", hint: "close what else has the file open for writing" },
  6: { what: "is locked by another program", hint: "close what else has the file open for writing" },
  7: { what: "cannot be written: memory is exhausted", hint: "free memory; nothing of the request was recorded" },
  8: { what: "is read-only", hint: "make the file, its folder and its file system writable" },
  10: { what: "cannot be read or written", hint: "look at the disk; nothing of the request was recorded" },
  13: { what: "cannot grow: the disk is full", hint: "free space on the disk; nothing of the request was recorded" },
  14: { what: "cannot be opened", hint: "see that the folder exists and that the server's user may write to it" },
};

const faultHint = { hint: "see that its folder exists and that the server's user may read and write there" };

/** A coded error for anything that went wrong with a ledger file; the original stays its cause. */
export function databaseError(file: string, error: unknown): PhasegateError {
  if (error instanceof PhasegateError) return error;
  const failure = sqlFailure(error);
  if (failure === null) {
    return new PhasegateError("ledger_unavailable", `\`${file}\` cannot be used`, faultHint, { cause: error });
  }
  if (corrupt.has(failure.resultCode)) {
    return new PhasegateError(
      "ledger_corrupt",
      `\`${file}\` is no SQLite database, or is damaged: ${failure.message}`,
      { hint: "restore it from a backup, or name another file in `storage.url`" },
      { cause: error },
    );
  }
  if (failure.resultCode === constraint) {
    return new PhasegateError(
      "internal_error",
      `the batch breaks a rule of the ledger: ${failure.message}`,
      {},
      { cause: error },
    );
  }
  const { what, hint } = faults[failure.resultCode] ?? {
    what: `cannot be used: ${failure.message}`,
    hint: "nothing of the request was recorded",
  };
  return new PhasegateError("ledger_unavailable", `\`${file}\` ${what}`, { hint }, { cause: error });
}

/** True for a fault that belongs to one operation alone, so that those beside it can be tried without it. */
export function isOperationsOwnFault(error: unknown): boolean {
  if (error instanceof PhasegateError) return error.code === "internal_error";
  return sqlFailure(error)?.resultCode === constraint;
}
