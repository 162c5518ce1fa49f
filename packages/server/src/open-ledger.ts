import { join } from "node:path";
import { openMemoryLedger, openSqliteLedger, type Ledger, type SqliteLedgerOptions } from "@phasegate/ledger";
import { PhasegateError } from "@phasegate/wire";
import type { Config } from "./config/config.ts";

interface LedgerParts {
  readonly observer: NonNullable<SqliteLedgerOptions["observer"]>;
  readonly othersWait: NonNullable<SqliteLedgerOptions["othersWait"]>;
}

/** Opens the ledger that `storage` names, or rejects with `config_invalid` where it names one that is not there. */
export async function openLedger(storage: Config["storage"], parts: LedgerParts): Promise<Ledger> {
  requireKnownLedger(storage.url);
  if (storage.url === memory) return openMemoryLedger();
  return openSqliteLedger({ file: join(storage.data_dir, "ledger.sqlite"), durability: storage.durability, ...parts });
}

const memory = "memory:";

/** Throws `config_invalid` for an address that no back end here understands; its password is not repeated. */
export function requireKnownLedger(url: string | null): void {
  if (url === null || url === memory) return;
  const message = "`storage.url` names a back end that this version does not have";
  throw new PhasegateError("config_invalid", message, {
    hint: "leave it out for SQLite in the data directory, or set `memory:` for a trial that forgets everything",
    findings: [{ place: "storage.url", message }],
  });
}
