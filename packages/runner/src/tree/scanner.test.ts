import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ContentStore } from "./content-store.ts";
import { Scanner } from "./scanner.ts";
import { TreeRules } from "./tree-rules.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "scanner-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A scanner of a folder with sparse files of 8 MiB, each piece of which takes a second to read. */
function slowScanner(name: string, sparse: readonly string[]) {
  const root = path.join(directory, name);
  mkdirSync(root);
  for (const file of sparse) {
    writeFileSync(path.join(root, file), "");
    truncateSync(path.join(root, file), 8 * 1024 ** 2);
  }
  let now = 0;
  const contents = path.join(directory, `${name}-contents`);
  const scanner = new Scanner({
    root,
    rules: new TreeRules({ tracked: [], submodules: [], ignoreFiles: [], ignore: [] }),
    contents: new ContentStore(contents),
    limits: { maxFiles: 100, maxBytes: 1e9, maxCallBytes: 1e9, maxReadMs: 20_000 },
    glance: null,
    elapsedMs: () => (now += 1_000),
  });
  const scan = (mode: "full" | "cached") => scanner.scan(mode, async (paths) => paths.map(() => "tree" as const));
  return { scan, incoming: path.join(contents, "incoming"), seconds: () => now / 1_000 };
}

test.each(["full", "cached"] as const)(
  "a %s reading ends in the midst of a file once its time is over",
  async (mode) => {
    const { scan, incoming, seconds } = slowScanner(`late-${mode}`, ["a", "b", "c"]);
    await expect(scan(mode)).rejects.toMatchObject({
      code: "tree_too_large",
      message: "the workspace could not be read within 20 s",
      extras: { hint: "remove large files, or have the base ignore what was generated" },
    });
    expect(seconds()).toBe(22);
    expect(readdirSync(incoming)).toEqual([]);
  },
);

test("a hundred workspaces are held without a buffer for each", () => {
  const before = process.memoryUsage().arrayBuffers;
  const held = Array.from({ length: 100 }, (_, index) => slowScanner(`held-${index}`, []));
  expect(held).toHaveLength(100);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 ** 2);
});

test("a reading that is done in time answers, and each has its own time", async () => {
  const { scan } = slowScanner("in-time", ["a", "b"]);
  expect((await scan("full")).upserts).toHaveLength(2);
  expect((await scan("full")).upserts).toEqual([]);
});
