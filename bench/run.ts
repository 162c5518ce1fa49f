import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureCanary } from "./rows/canary.ts";
import { measureQueue } from "./rows/queue.ts";
import { measureHttp } from "./rows/http.ts";
import type { Effort } from "./rows/http.ts";
import { measureHooks } from "./rows/hook.ts";
import { measureRunaways } from "./rows/runaway.ts";
import { measureSpawns } from "./rows/spawn.ts";
import { measureTransitions } from "./rows/transition.ts";
import { measureTree } from "./rows/tree.ts";
import { formatTable, isMet } from "./table.ts";
import type { Row } from "./table.ts";

/**
 * Prints one table of ratios, each figure against a yardstick of the same run, and writes it to bench/results/.
 * `--smoke` only proves that every row can be measured; `--only NAME` measures one group; `--strict` fails on a
 * target that was not met.
 */
const { values } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

const effort: Effort = values.smoke
  ? { rounds: 1, seconds: 1, queue: 500, files: 300 }
  : { rounds: 5, seconds: 4, queue: 100_000, files: 10_000 };

const groups: Record<string, (effort: Effort) => Promise<Row[]>> = {
  http: measureHttp,
  queue: measureQueue,
  transition: measureTransitions,
  tree: measureTree,
  runaway: measureRunaways,
  spawn: measureSpawns,
  hook: measureHooks,
  canary: measureCanary,
};
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, storage.durability full`;

process.stdout.write(`${machine}\n\n`);
const rows: Row[] = [];
for (const [name, measure] of Object.entries(groups)) {
  if (values.only === undefined || values.only === name) rows.push(...(await measure(effort)));
}
process.stdout.write(`${formatTable(rows)}\n`);
const folder = new URL("results/", import.meta.url);
mkdirSync(folder, { recursive: true });
const file = new URL(`${values.smoke ? "smoke" : "bench"}.json`, folder);
writeFileSync(file, `${JSON.stringify({ machine, effort, rows }, null, 2)}\n`);
if (values.strict && rows.some((row) => isMet(row) === false)) process.exitCode = 1;
