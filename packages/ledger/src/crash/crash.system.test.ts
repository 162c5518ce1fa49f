import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { crashRound } from "./crash-rounds.ts";

const folder = mkdtempSync(join(tmpdir(), "phasegate-crash-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("after a kill at any moment every acknowledged event is there, none by half, and the chain verifies", async () => {
  const file = join(folder, "ledger.db");
  let acknowledged = 0;
  for (let round = 0; round < 5; round += 1) {
    acknowledged += (await crashRound({ file, round, killAfterMs: 5 + 37 * round })).acknowledged;
  }
  expect(acknowledged).toBeGreaterThan(50);
});
