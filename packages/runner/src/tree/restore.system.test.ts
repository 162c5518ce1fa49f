import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TreeEntry } from "@phasegate/wire";
import { expect, test } from "vitest";
import { ContentStore } from "./content-store.ts";
import { restorePaths } from "./restore.ts";

test("restoring writes through no link that was swapped in for a directory", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "phasegate-restore-"));
  const root = path.join(directory, "workspace");
  const outside = path.join(directory, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(path.join(outside, "kept"), "kept");
  const contents = new ContentStore(path.join(directory, "contents"));
  const content = createHash("sha256").update("text").digest("hex");
  contents.putSync(content, Buffer.from("text"));
  symlinkSync(outside, path.join(root, "dir"));
  const entry: TreeEntry = { path: "dir/file", type: "file", permissions: 0o644, content, size: 4 };
  restorePaths(root, contents, [
    { path: "dir/kept", entry: null },
    { path: "dir/file", entry },
  ]);
  expect(readdirSync(outside)).toEqual(["kept"]);
  expect(lstatSync(path.join(root, "dir")).isDirectory()).toBe(true);
  expect(readFileSync(path.join(root, "dir/file"), "utf8")).toBe("text");
  rmSync(directory, { recursive: true });
});
