import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crashRound } from "./crash-rounds.ts";

/** Rounds after which a new file is begun, so that a round's time stays the same. */
const roundsPerFile = 25;
const { values } = parseArgs({ options: { rounds: { type: "string", default: "1000" } } });
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number from 1, not ${values.rounds}`);
const folder = mkdtempSync(join(tmpdir(), "phasegate-soak-"));
let acknowledged = 0;
try {
  for (let round = 0; round < rounds; round += 1) {
    const file = join(folder, `${Math.floor(round / roundsPerFile)}.db`);
    const killAfterMs = Math.random() * 150;
    acknowledged += (await crashRound({ file, round, killAfterMs })).acknowledged;
    if ((round + 1) % 50 === 0) process.stdout.write(`${round + 1} rounds, ${acknowledged} acknowledged, none lost\n`);
  }
  process.stdout.write(`${rounds} rounds, ${acknowledged} acknowledged events, none lost, every chain verifies\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
