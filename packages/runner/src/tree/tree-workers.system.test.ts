import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ScanRequest } from "./tree-host.ts";
import { TreeWorkers } from "./tree-workers.ts";

let directory = "";
let workers: TreeWorkers;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "tree-workers-"));
  writeFileSync(
    path.join(directory, "rules.json"),
    JSON.stringify({ tracked: [], submodules: [], ignoreFiles: [], ignore: [] }),
  );
  const limits = { maxFiles: 100_000, maxBytes: 1e9, maxCallBytes: 1e9, maxReadMs: 60_000 };
  workers = new TreeWorkers({ contentsDirectory: path.join(directory, "contents"), limits }, 1);
});
afterAll(async () => {
  await workers.close();
  rmSync(directory, { recursive: true });
});

function workspace(name: string, files: number, bytes = 1): string {
  const root = path.join(directory, name);
  mkdirSync(root);
  for (let index = 0; index < files; index++) writeFileSync(path.join(root, `f${index}`), "x".repeat(bytes));
  return root;
}

function scan(root: string, from: string | null = null, onClassify: () => void = () => undefined) {
  const rulesFile = path.join(directory, "rules.json");
  const request: ScanRequest = { root, rulesFile, mode: "cached", from, afterCall: false };
  return workers.scan(request, (paths) => {
    onClassify();
    return Promise.resolve(paths.map(() => "tree" as const));
  });
}

/** What three readings of a small workspace take, one after the other, as a share of what `large` takes meanwhile. */
async function shareOf(small: string, large: Promise<unknown>): Promise<number> {
  const began = performance.now();
  const whole = large.then(() => performance.now() - began);
  const { digest } = await scan(small);
  for (let turn = 1; turn < 3; turn++) await scan(small, digest);
  return (performance.now() - began) / (await whole);
}

test("a small workspace does not wait for one of many entries", async () => {
  const small = workspace("small", 3);
  const large = workspace("large", 6_000);
  const measuring = workers.measure({ root: large, bounds: { maxBytes: 1e9, maxEntries: 1e6 } });
  const reading = scan(large);
  expect(await shareOf(small, reading)).toBeLessThan(0.8);
  const result = await reading;
  expect(result.upserts).toHaveLength(6_000);
  expect(await measuring).toMatchObject({ entries: 6_000, whole: true });
  expect(await scan(large, result.digest)).toMatchObject({ digest: result.digest, upserts: [], storedBytes: 0 });
});

test("nor for one of few files that are large, and what was stored is told once", async () => {
  const small = workspace("little", 3);
  const large = workspace("bytes", 2, 40 * 1024 ** 2);
  for (let index = 0; index < 2; index++) writeFileSync(path.join(large, `f${index}`), `${index}`, { flag: "a" });
  const begun = Promise.withResolvers<void>();
  const reading = scan(large, null, begun.resolve);
  await begun.promise;
  await setImmediate();
  expect(await shareOf(small, reading)).toBeLessThan(0.8);
  expect((await reading).storedBytes).toBe(2 * (40 * 1024 ** 2 + 1));
});

test("a workspace that was forgotten is read again", async () => {
  const large = path.join(directory, "large");
  await workers.forget(large);
  expect((await scan(large)).upserts).toHaveLength(6_000);
});
