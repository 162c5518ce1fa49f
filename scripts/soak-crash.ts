import { parseArgs } from "node:util";
import { crashServer } from "../test/harness/crash-round.ts";

/** Kills a server under load many times: `npm run soak:server -- --rounds 1000`. */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "1000" } } });
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number from 1, not ${values.rounds}`);
const outcome = await crashServer(rounds, Math.random);
for (const text of outcome.broken) process.stdout.write(`${text}\n`);
process.stdout.write(
  `${rounds} rounds, ${outcome.answered} answered decisions, ${outcome.broken.length === 0 ? "none lost" : "BROKEN"}\n`,
);
if (outcome.broken.length > 0) process.exitCode = 1;
