import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./bootstrap/paths.mjs";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifests = [
  "package.json",
  "test/runtimes/package.json",
  ...globSync("packages/*/package.json", { cwd: root }),
].map((file) => JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest);
const dependencies = manifests
  .flatMap((manifest) => Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
  .filter(([name]) => !name.startsWith("@phasegate/"));
const page = readFileSync(join(root, "docs/adr/0007-dependencies.md"), "utf8");
const described = [...page.matchAll(/^\| ([^|]+) \|/gm)]
  .flatMap((match) => (match[1] ?? "").split(","))
  .map((name) => name.trim())
  .filter((name) => name !== "part" && !name.startsWith("-"));

test("every dependency has its row in the decision, and every row its dependency", () => {
  expect([...new Set(described)].toSorted()).toEqual([...new Set(dependencies.map(([name]) => name))].toSorted());
});

test("versions are exact", () => {
  expect(dependencies.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
