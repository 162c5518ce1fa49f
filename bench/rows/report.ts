import type { TestCase } from "@phasegate/wire";
import { failedTests } from "../../packages/server/src/evidence/failed-tests.ts";
import { fitRun } from "../../packages/server/src/evidence/fit-run.ts";
import { keepRun } from "../../packages/server/src/evidence/kept-run.ts";
import { runWith } from "../../packages/server/src/evidence/testing/run.ts";
import { rowOf, type Row } from "../table.ts";
import type { Effort } from "./http.ts";

const failures = 3_000;
const maxBytes = 1024 * 1024;

/** How long the thread that answers every request is busy with a run of many failures, beside fitting it there. */
export async function measureReports(effort: Effort): Promise<Row[]> {
  const run = runWith({ exitCode: 1, cases: Array.from({ length: failures }, (_, index) => failing(index)) });
  const rounds: { product: number; reference: number }[] = [];
  // One round proves that the row can be measured; figures begin with compiled functions.
  for (let round = effort.rounds > 1 ? -1 : 0; round < effort.rounds; round += 1) {
    const product = await busyMs(async () => void (await keepRun(run)));
    const reference = await busyMs(async () => void fitRun({ run, failed: failedTests(run)?.body ?? null, maxBytes }));
    if (round >= 0) rounds.push({ product, reference });
  }
  return [
    rowOf(
      {
        what: `a run of ${failures.toLocaleString("en-US")} failures is kept, the event loop's time`,
        yardstick: "fitted on it",
        unit: "ms",
        target: { kind: "most", ratio: 0.25 },
      },
      rounds,
    ),
  ];
}

async function busyMs(work: () => Promise<void>): Promise<number> {
  await new Promise(setImmediate);
  const before = performance.eventLoopUtilization();
  await work();
  return performance.eventLoopUtilization(before).active;
}

function failing(index: number): TestCase {
  const name = `adds what stands in row ${index}`;
  const file = `test/module-${index % 100}/rows.test.js`;
  const message = `Expected values to be strictly equal: ${index} !== ${index + 1}, at TestContext.<anonymous> (${file}:${index}:10)`;
  return { identity: `${file} > rows > ${name}`, file, name, outcome: "failed", message };
}
