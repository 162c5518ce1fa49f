import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TreeHost } from "./tree-host.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "tree-host-"));
  writeFileSync(
    path.join(directory, "rules.json"),
    JSON.stringify({ tracked: [], submodules: [], ignoreFiles: [], ignore: [] }),
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ["workspaces", { workspaces: 2 }],
  ["files", { files: 4 }],
])("what is known of the workspaces read last is kept within the bound of %s", async (_, held) => {
  const limits = { maxFiles: 100, maxBytes: 1e6, maxCallBytes: 1e6, maxReadMs: 120_000 };
  const host = new TreeHost({ contentsDirectory: path.join(directory, "contents"), limits, held });
  const last = new Map<string, string>();
  const scan = async (name: string): Promise<string> => {
    const root = path.join(directory, name);
    mkdirSync(root, { recursive: true });
    for (const file of ["a", "b"]) writeFileSync(path.join(root, file), `${name} ${file}`);
    const request = { root, rulesFile: path.join(directory, "rules.json"), mode: "cached" as const, afterCall: false };
    const result = await host.scan({ ...request, from: last.get(name) ?? null }, async (paths) =>
      paths.map(() => "tree" as const),
    );
    last.set(name, result.digest);
    // One that was forgotten begins anew, from the empty tree.
    return result.upserts.length === 0 ? "known" : "anew";
  };
  const seen: string[] = [];
  for (const name of ["one", "two", "one", "three", "one", "two"]) seen.push(`${name} ${await scan(name)}`);
  expect(seen).toEqual(["one anew", "two anew", "one known", "three anew", "one known", "two anew"]);
});
