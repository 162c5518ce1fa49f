import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { batchOf, claimed, created, payloadOf, toolExecuted } from "../src/conformance/samples.ts";
import { openSqliteLedger } from "../src/index.ts";

/**
 * Appends through the port beside a bare file with one fdatasync a batch of waiting requests, interleaved, medians of
 * five rounds. `node packages/ledger/bench/append.ts [seconds a round]`.
 */
const secondsPerRound = Number(process.argv[2] ?? 1);
const rounds = 5;
const folder = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "phasegate-bench-"));
const ledger = await openSqliteLedger({ file: join(folder, "ledger.db") });
const versions = new Map<string, number>();
const bare = openSync(join(folder, "bare.log"), "a");
const line = Buffer.from(`${JSON.stringify(toolExecuted())}\n`.repeat(1));

let waiting: (() => void)[] = [];
function appendBare(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) {
      setImmediate(() => {
        const group = waiting;
        waiting = [];
        writeSync(bare, Buffer.concat(group.map(() => line)));
        fdatasyncSync(bare);
        for (const done of group) done();
      });
    }
  });
}

async function appendOne(writer: number, withPayload: boolean): Promise<void> {
  const stream = `task/task_bench${writer}`;
  const version = versions.get(stream) ?? 0;
  const payload = payloadOf({ path: `src/${writer}/${version}.ts` });
  const events =
    version === 0 ? [created(), claimed()] : [toolExecuted(withPayload ? { args_digest: payload.digest } : {})];
  const result = await ledger.append(
    batchOf(stream, events, {
      expectedVersion: version,
      expectedAuthority: 0,
      lease: { expiresAt: version },
      ...(withPayload ? { payloads: [payload] } : {}),
    }),
  );
  if (result.status !== "appended") throw new Error("a conflict");
  versions.set(stream, version + events.length);
}

async function measure(
  writers: number,
  once: (writer: number) => Promise<void>,
): Promise<{ rate: number; p50: number; p99: number }> {
  const end = performance.now() + secondsPerRound * 1_000;
  const latencies: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      while (performance.now() < end) {
        const before = performance.now();
        await once(writer);
        latencies.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

const cases: [string, number, (writer: number) => Promise<void>][] = [
  ["bare file, 32 writers", 32, appendBare],
  ["ledger, 32 writers", 32, (writer) => appendOne(writer, false)],
  ["ledger, 32 writers, payload", 32, (writer) => appendOne(writer, true)],
  ["bare file, 1 writer", 1, appendBare],
  ["ledger, 1 writer", 1, (writer) => appendOne(writer, false)],
];
const results = new Map<string, { rate: number; p50: number; p99: number }[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const [name, writers, once] of cases) {
    results.set(name, [...(results.get(name) ?? []), await measure(writers, once)]);
  }
}
for (const [name, measured] of results) {
  const median = (pick: (one: (typeof measured)[number]) => number): number =>
    measured.map(pick).toSorted((left, right) => left - right)[Math.floor(rounds / 2)] ?? 0;
  const rate = Math.round(median(({ rate }) => rate));
  process.stdout.write(
    `${name.padEnd(30)} ${String(rate).padStart(8)}/s  p50 ${median(({ p50 }) => p50).toFixed(2)} ms  p99 ${median(({ p99 }) => p99).toFixed(2)} ms\n`,
  );
}
process.stdout.write(`${await ledger.lastPosition()} events\n`);
await ledger.close();
rmSync(folder, { recursive: true, force: true });
