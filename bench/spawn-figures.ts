import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Spawner } from "../packages/runner/src/spawner/spawner.ts";

/**
 * Starts programs in turn through the spawner and from this process itself, which holds as many megabytes as the first
 * argument says; the second is how often. Prints as JSON, in milliseconds and for the least disturbed tenth of the calls:
 * how long the event loop stood still at most during one call, and how long the call took until its output was read.
 */
const [megabytes = "0", rounds = "1"] = process.argv.slice(2);
const argv = ["git", "--version"] as const;
const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin" };

/** Many small objects, as a server holds them. */
const held: object[][] = [];
while (process.memoryUsage.rss() < Number(megabytes) * 1024 ** 2) {
  held.push(Array.from({ length: 50_000 }, (_, index) => ({ index, of: [index] })));
}

const directory = mkdtempSync(join(tmpdir(), "phasegate-bench-spawn-"));
const spawner = await Spawner.open({ pipesDirectory: join(directory, "pipes") });

async function throughSpawner(): Promise<void> {
  const request = { argv, cwd: "/", environment, descriptors: ["read", "write", "write"] } as const;
  const { streams, exited } = await spawner.start(request);
  const [input, output, errors] = streams;
  input.on("error", () => undefined).end("");
  output.resume();
  errors.resume();
  await Promise.all([exited, once(output, "close"), once(errors, "close")]);
}

async function byItself(): Promise<void> {
  const [file, ...args] = argv;
  const child = spawn(file, args, { cwd: "/", env: environment, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined).end("");
  child.stdout.resume();
  child.stderr.resume();
  await once(child, "close");
}

async function callMsOf(call: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

async function heldMsOf(call: () => Promise<void>): Promise<number> {
  let heldMs = 0;
  let turnedAt = performance.now();
  let turning = true;
  const turn = (): void => {
    const now = performance.now();
    heldMs = Math.max(heldMs, now - turnedAt);
    turnedAt = now;
    if (turning) setImmediate(turn);
  };
  setImmediate(turn);
  await call();
  turning = false;
  return heldMs;
}

async function inTurn(measure: (call: () => Promise<void>) => Promise<number>): Promise<Record<string, number>> {
  const spawnerMs: number[] = [];
  const itselfMs: number[] = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    spawnerMs.push(await measure(throughSpawner));
    itselfMs.push(await measure(byItself));
  }
  return { spawner: leastDisturbed(spawnerMs), itself: leastDisturbed(itselfMs) };
}

/** What others do on the machine only ever adds, by more than a start costs: the tenth that it hits least is compared. */
function leastDisturbed(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 10)] ?? Number.NaN;
}

for (const call of [throughSpawner, byItself]) await call();
const figures = { heldMs: await inTurn(heldMsOf), callMs: await inTurn(callMsOf) };
await spawner.close();
rmSync(directory, { recursive: true });
process.stdout.write(JSON.stringify(figures));
