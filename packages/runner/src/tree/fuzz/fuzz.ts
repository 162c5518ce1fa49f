import { parseArgs } from "node:util";
import { check } from "fast-check";
import { HostileProcess } from "./hostile-process.ts";
import { treeProperty } from "./tree-property.ts";

/**
 * Holds the reading and restoring of workspaces against a hostile process: `--runs N` cases, `--seed S` to begin at
 * a given one. Prints the seed first, and the smallest failing case with the path that leads to it.
 */
const { values } = parseArgs({
  options: { runs: { type: "string", default: "1000" }, seed: { type: "string" }, path: { type: "string" } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
process.stdout.write(`seed ${seed}, ${values.runs} runs\n`);
await using hostile = new HostileProcess();
const report = await check(treeProperty(hostile), {
  numRuns: Number(values.runs),
  seed,
  ...(values.path === undefined ? {} : { path: values.path }),
});
const outcome = report.failed
  ? `failed after ${report.numRuns} runs: --seed ${seed} --path ${report.counterexamplePath ?? ""}\n${JSON.stringify(report.counterexample, null, 2)}\n${String(report.errorInstance)}\n`
  : `${report.numRuns} runs, no difference\n`;
process.stdout.write(outcome);
process.exitCode = report.failed ? 1 : 0;
