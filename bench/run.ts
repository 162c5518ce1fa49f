import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keepResults, type GroupResult } from "./results.ts";
import { measureCanary } from "./rows/canary.ts";
import { measureFloods } from "./rows/flood.ts";
import { measureQueue } from "./rows/queue.ts";
import { measureHttp } from "./rows/http.ts";
import type { Effort } from "./rows/http.ts";
import { measureHooks } from "./rows/hook.ts";
import { measureReports } from "./rows/report.ts";
import { measureRunaways } from "./rows/runaway.ts";
import { measureSpawns } from "./rows/spawn.ts";
import { measureTransitions } from "./rows/transition.ts";
import { measureTree } from "./rows/tree.ts";
import { formatTable, isMet } from "./table.ts";
import type { Row } from "./table.ts";

/**
 * Prints one table of ratios, each figure against a yardstick of the same run, and keeps it in bench/results/.
 * `--smoke` only proves that every row can be measured; `--only NAME` measures one group, and what is kept of the
 * others stays; `--strict` fails on a target that was not met.
 */
const { smoke, strict, only } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    only: { type: "string" },
  },
}).values;

const effort: Effort = smoke
  ? { rounds: 1, seconds: 1, queue: 500, files: 300 }
  : { rounds: 5, seconds: 4, queue: 100_000, files: 10_000 };

const groups: Record<string, (effort: Effort) => Promise<Row[]>> = {
  http: measureHttp,
  queue: measureQueue,
  transition: measureTransitions,
  tree: measureTree,
  runaway: measureRunaways,
  flood: measureFloods,
  report: measureReports,
  spawn: measureSpawns,
  hook: measureHooks,
  canary: measureCanary,
};
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, storage.durability full`;

if (only !== undefined && !Object.hasOwn(groups, only)) {
  process.stderr.write(`no group is named \`${only}\`; known: ${Object.keys(groups).join(", ")}\n`);
  process.exit(2);
}
process.stdout.write(`${machine}\n\n`);
const measured: Record<string, GroupResult> = {};
for (const [name, measure] of Object.entries(groups)) {
  if (only === undefined || only === name) measured[name] = { machine, effort, rows: await measure(effort) };
}
const rows = Object.values(measured).flatMap((group) => group.rows);
process.stdout.write(`${formatTable(rows)}\n`);
const file = new URL(`results/${smoke ? "smoke" : "bench"}.json`, import.meta.url);
keepResults(fileURLToPath(file), measured, Object.keys(groups));
if (strict && rows.some((row) => isMet(row) === false)) process.exitCode = 1;
