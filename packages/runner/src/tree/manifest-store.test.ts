import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { manifestOf, type Manifest } from "./manifest.ts";
import { ManifestStore } from "./manifest-store.ts";

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const none: ReadonlySet<never> = new Set();

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "phasegate-manifests-"));
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

function tree(name: string): Manifest {
  return manifestOf([{ path: name, type: "file", permissions: 0o644, content: "0".repeat(64), size: 1 }]);
}

/** A store with these trees, each from the one before it, all of them stored at the start. */
async function storeOf(trees: readonly Manifest[], maxUses: number): Promise<ManifestStore> {
  const store = new ManifestStore(directory, { maxUses });
  await store.open();
  for (const [index, one] of trees.entries()) await store.put(one, trees[index - 1] ?? null);
  for (const file of readdirSync(directory)) utimesSync(path.join(directory, file), start / 1_000, start / 1_000);
  return store;
}

test.each([
  ["of those remembered", 100],
  ["of those forgotten", 1],
])("a tree that was asked for is young, with all that it is read from: %s", async (_, maxUses) => {
  const [first, second, third, other] = [tree("a"), tree("b"), tree("c"), tree("d")];
  const store = await storeOf([first, second, third, other], maxUses);
  vi.setSystemTime(start + 2 * hourMs);
  await store.get(second.digest);
  await store.get(first.digest);
  expect(await store.younger(start + hourMs)).toEqual(expect.arrayContaining([first.digest, second.digest]));
  expect(await store.removeUnneeded(none, start + hourMs)).toBe(2);
  expect([...(await new ManifestStore(directory).get(second.digest)).entries.keys()]).toEqual(["b"]);
});

test("a tree that was only looked at is no younger for it", async () => {
  const one = tree("a");
  const store = await storeOf([one], 100);
  vi.setSystemTime(start + 2 * hourMs);
  expect(await store.look(one.digest)).toMatchObject({ digest: one.digest });
  expect(await store.removeUnneeded(none, start + hourMs)).toBe(1);
});

test("uses that are remembered are bounded, and none is lost while files are being removed", async () => {
  const trees = Array.from({ length: 6 }, (_, index) => tree(String(index)));
  const store = await storeOf(trees, 2);
  vi.setSystemTime(start + 2 * hourMs);
  const removing = store.removeUnneeded(none, start + hourMs);
  for (const one of trees) await store.get(one.digest);
  await removing;
  for (const one of trees) expect(await store.get(one.digest)).toMatchObject({ digest: one.digest });
});
