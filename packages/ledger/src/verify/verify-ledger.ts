import { PhasegateError } from "@phasegate/wire/core";
import type { Ledger } from "../port.ts";
import { Reader } from "../sqlite/reader.ts";
import { checkSchema, schemaVersion } from "../sqlite/schema.ts";
import { contentsOfLedger } from "./ledger-contents.ts";
import { problemAt, type VerifyReport } from "./report.ts";
import { contentsOfFile } from "./sqlite-contents.ts";
import { verifyContents, type VerifyOptions } from "./verify-contents.ts";

/**
 * Verifies a ledger file, also while its server runs: chain, signed heads, bodies, index, counters. Reports the first
 * bad entry in order of position; a file that SQLite cannot read is reported as such.
 * Rejects with `ledger_unavailable` when there is no file or it may not be read.
 */
export async function verifyLedger(options: VerifyOptions & { readonly file: string }): Promise<VerifyReport> {
  let reader: Reader | null = null;
  try {
    reader = new Reader(options.file, { busyTimeoutMs: 5_000 });
    reader.beginSnapshot();
    const version = reader.inspect((database) => checkSchema(database, options.file));
    if (version !== schemaVersion) {
      throw new PhasegateError(
        "ledger_corrupt",
        `\`${options.file}\` is no ledger of this version (schema ${version})`,
      );
    }
    const [damage] = reader.all("pragma integrity_check(1)").map((row) => String(row["integrity_check"]));
    if (damage !== "ok") {
      throw new PhasegateError("ledger_corrupt", `\`${options.file}\` is damaged: ${damage?.replaceAll("\n", " ")}`);
    }
    return await verifyContents(contentsOfFile(reader), options);
  } catch (error) {
    if (!(error instanceof PhasegateError) || error.code !== "ledger_corrupt") throw error;
    return unreadable(error.message);
  } finally {
    reader?.close();
  }
}

/** Verifies what any ledger shows through its port. */
export async function verifyOpenLedger(ledger: Ledger, options: VerifyOptions = {}): Promise<VerifyReport> {
  return verifyContents(contentsOfLedger(ledger), options);
}

function unreadable(what: string): VerifyReport {
  const problem = problemAt("file", {}, what);
  return {
    ok: false,
    firstBad: problem,
    problems: [problem],
    events: 0,
    streams: 0,
    tasks: 0,
    signedHeads: 0,
    signaturesChecked: false,
    erasedPayloads: 0,
  };
}
