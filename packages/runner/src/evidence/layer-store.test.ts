import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digestJson, type Digest, type TaskId } from "@phasegate/wire";
import { LayerStore } from "./layer-store.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "phasegate-layers-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const key = (name: string): Digest => digestJson(name);
const open = (maxLayers: number, maxBytes = 1_000) =>
  LayerStore.open(path.join(root, "layers"), { maxLayers, maxBytes, maxOwned: 2 });

async function keep(store: LayerStore, name: string, bytes = 10, owner: string | null = null): Promise<void> {
  const directory = path.join(root, name);
  mkdirSync(path.join(directory, "deep"), { recursive: true });
  writeFileSync(path.join(directory, "deep", "file"), "x".repeat(bytes));
  await store.keep(key(name), directory, owner as TaskId | null);
}

async function has(store: LayerStore, name: string, at: number): Promise<boolean> {
  using layer = await store.hold(key(name), new Date(at));
  return layer !== null && existsSync(path.join(layer.path, "deep", "file"));
}

it("evicts what was used least recently, by count and by size, and never what is held", async () => {
  const store = await open(2);
  await keep(store, "a");
  await keep(store, "b");
  expect([await has(store, "b", 1_000), await has(store, "a", 2_000)]).toEqual([true, true]);
  await keep(store, "c");
  expect([await has(store, "a", 3_000), await has(store, "b", 4_000), await has(store, "c", 5_000)]).toEqual([
    true,
    false,
    true,
  ]);
  using _ = await store.hold(key("a"), new Date(1));
  await keep(store, "large", 995);
  expect([await has(store, "a", 6_000), await has(store, "c", 7_000), await has(store, "large", 8_000)]).toEqual([
    true,
    false,
    true,
  ]);
});

it("forgets a layer that was not whole when the process ended", async () => {
  const first = await open(2);
  await keep(first, "a");
  rmSync(path.join(root, "layers", key("a").slice("sha256:".length), "size"));
  expect(await has(await open(2), "a", 1_000)).toBe(false);
});

it("a task has two layers of its own, and evicts its own before those of others", async () => {
  const store = await open(10);
  await keep(store, "shared");
  await keep(store, "other", 10, "tsk_b");
  for (const name of ["one", "two", "three"]) {
    await keep(store, name, 10, "tsk_a");
    await has(store, name, Date.now());
  }
  const there = await Promise.all(["shared", "other", "one", "two", "three"].map((name) => has(store, name, 1_000)));
  expect(there).toEqual([true, true, false, true, true]);
});

it("layers of tasks that ended go once nobody uses them; what tasks share stays", async () => {
  const store = await open(10);
  await keep(store, "shared");
  await keep(store, "ended", 10, "tsk_a");
  await keep(store, "held", 10, "tsk_a");
  await keep(store, "live", 10, "tsk_b");
  using _ = await store.hold(key("held"), new Date(1_000));
  await has(store, "ended", 1_000);
  await store.removeOthers(new Set(["tsk_b"]), 1_000);
  expect(await has(store, "ended", 1_000)).toBe(true);
  await store.removeOthers(new Set(["tsk_b"]), 1_001);
  const there = await Promise.all(["shared", "ended", "held", "live"].map((name) => has(store, name, 2_000)));
  expect(there).toEqual([true, false, true, true]);
});
