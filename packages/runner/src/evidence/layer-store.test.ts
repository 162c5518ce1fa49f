import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digestJson, type Digest } from "@phasegate/wire";
import { LayerStore } from "./layer-store.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "phasegate-layers-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const key = (name: string): Digest => digestJson(name);
const open = (maxLayers: number, maxBytes = 1_000) =>
  LayerStore.open(path.join(root, "layers"), { maxLayers, maxBytes });

async function keep(store: LayerStore, name: string, bytes = 10): Promise<void> {
  const directory = path.join(root, name);
  mkdirSync(path.join(directory, "deep"), { recursive: true });
  writeFileSync(path.join(directory, "deep", "file"), "x".repeat(bytes));
  await store.keep(key(name), directory);
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
