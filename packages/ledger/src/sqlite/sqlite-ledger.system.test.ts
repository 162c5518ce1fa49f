import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { describeLedger } from "../conformance/index.ts";
import { openSqliteLedger } from "./sqlite-ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-ledger-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
describeLedger(async () => {
  files += 1;
  return openSqliteLedger({ file: join(folder, `${files}.db`), durability: "normal" });
});
