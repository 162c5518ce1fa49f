import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appendTo, created, payloadOf } from "../conformance/samples.ts";
import { copyLedger } from "./copy-ledger.ts";
import { openSqliteLedger } from "./sqlite-ledger.ts";

test("nothing of an erased or expired body is left in the ledger's files, or in a copy of them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "phasegate-erasure-"));
  const file = join(folder, "ledger.sqlite");
  const copy = join(folder, "copy.sqlite");
  try {
    const long = payloadOf("a long secret ".repeat(2_000));
    const short = payloadOf("a short secret");
    const ledger = await openSqliteLedger({ file, durability: "normal" });
    await appendTo(ledger, "one", [created()], { payloads: [long, short, payloadOf("an open word")] });
    await ledger.close();
    const again = await openSqliteLedger({ file, durability: "normal" });
    const unusedAfter = await again.lastPosition();
    expect(await again.erasePayload(long.digest)).toBe(true);
    expect(await again.expirePayload({ digest: short.digest, unusedAfter })).toBe(true);
    await copyLedger({ from: file, to: copy });
    await again.close();
    const text = (name: string) => readFileSync(join(folder, name), "latin1");
    const found = readdirSync(folder).filter((name) => /a (long|short) secret/.test(text(name)));
    expect(found).toEqual([]);
    expect(text("copy.sqlite")).toContain("an open word");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
