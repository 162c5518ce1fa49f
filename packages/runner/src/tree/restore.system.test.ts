import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { digestTree, type TreeDigest, type TreeEntry } from "@phasegate/wire";
import { array, assert, asyncProperty, constantFrom, oneof, tuple, type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { ContentStore } from "./content-store.ts";
import { applyDelta, diffManifests, emptyManifest, manifestOf, type Manifest } from "./manifest.ts";
import { clearUnsupported, restorePaths } from "./restore.ts";
import { Scanner } from "./scanner.ts";
import { TreeRules } from "./tree-rules.ts";

const names = ["a", "b", "c"];
const somePath = array(constantFrom(...names), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));

const { O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } = constants;

type Mutation = (root: string) => void;
const attempt = (change: () => void) => {
  try {
    change();
  } catch {
    // A mutation that does not fit what is there changes nothing.
  }
};
const mutation: Arbitrary<Mutation> = oneof(
  tuple(somePath, constantFrom("", "x", "y", "xy")).map(([name, text]): Mutation => (root) => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    // Without waiting for the other end of a FIFO.
    const descriptor = openSync(path.join(root, name), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
    writeFileSync(descriptor, text);
    closeSync(descriptor);
  }),
  somePath.map(
    (name): Mutation =>
      (root) =>
        rmSync(path.join(root, name), { recursive: true }),
  ),
  tuple(somePath, somePath).map(
    ([from, to]): Mutation =>
      (root) =>
        renameSync(path.join(root, from), path.join(root, to)),
  ),
  tuple(somePath, constantFrom("a", "b", "nowhere", ".")).map(
    ([name, target]): Mutation =>
      (root) =>
        symlinkSync(target, path.join(root, name)),
  ),
  tuple(somePath, constantFrom(0o600, 0o644, 0o755, 0o4755)).map(([name, mode]): Mutation => (root) => {
    if (!lstatSync(path.join(root, name)).isSymbolicLink()) chmodSync(path.join(root, name), mode);
  }),
  somePath.map((name): Mutation => (root) => {
    execFileSync("mkfifo", [path.join(root, name)], { stdio: "ignore" });
  }),
  somePath.map(
    (name): Mutation =>
      (root) =>
        mkdirSync(path.join(root, name, ".git"), { recursive: true }),
  ),
);

/** The slow way: reads everything by path, knows nothing from before. */
function digestByReference(root: string): TreeDigest {
  const entries: TreeEntry[] = [];
  const visit = (directory: string, prefix: string) => {
    for (const name of readdirSync(directory)) {
      const at = path.join(directory, name);
      const stats = lstatSync(at);
      const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
      const entry = { path: `${prefix}${name}`, permissions: stats.mode & 0o777, size: stats.size };
      if (stats.isDirectory() && name !== ".git") visit(at, `${prefix}${name}/`);
      if (stats.isFile()) entries.push({ ...entry, type: "file", content: sha256(readFileSync(at)) });
      if (stats.isSymbolicLink()) entries.push({ ...entry, type: "symlink", content: sha256(readlinkSync(at)) });
    }
  };
  visit(root, "");
  entries.sort((left, right) => Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)));
  return digestTree(entries);
}

test("after any mutations the cached reading is that of the reference, and restoring leads back to any earlier tree", async () => {
  await assert(
    asyncProperty(array(array(mutation, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (rounds) => {
      const directory = mkdtempSync(path.join(tmpdir(), "phasegate-restore-"));
      const root = path.join(directory, "workspace");
      mkdirSync(root);
      const contents = new ContentStore(path.join(directory, "contents"));
      const rules = new TreeRules({ tracked: [], submodules: [], ignoreFiles: [], ignore: [] });
      const limits = { maxFiles: 1000, maxBytes: 1_000_000 };
      const scanner = new Scanner({ root, rules, contents, limits, glance: null });
      let manifest: Manifest = emptyManifest;
      const scan = async (mode: "cached" | "full") => {
        const result = await scanner.scan(mode, (paths) => Promise.resolve(paths.map(() => "tree" as const)));
        manifest = applyDelta(manifest, result);
        expect(manifest.digest).toBe(result.digest);
        return { manifest, unsupported: result.unsupported };
      };
      try {
        const seen: Manifest[] = [];
        for (const mutations of rounds) {
          for (const mutate of mutations) attempt(() => mutate(root));
          const now = await scan("cached");
          expect(now.manifest.digest).toBe(digestByReference(root));
          expect((await scan("full")).manifest.digest).toBe(now.manifest.digest);
          seen.push(now.manifest);
        }
        for (const target of [...seen, emptyManifest]) {
          const now = await scan("cached");
          clearUnsupported(root, now.unsupported);
          const changes = diffManifests(target, now.manifest);
          restorePaths(
            root,
            contents,
            changes.map((change) => ({ path: change.path, entry: change.before })),
          );
          const after = await scan("cached");
          expect(after.manifest.digest).toBe(target.digest);
          expect(after.unsupported).toEqual([]);
          expect(digestByReference(root)).toBe(target.digest);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});

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
  expect(manifestOf([entry]).digest).toBe(digestByReference(root));
  rmSync(directory, { recursive: true });
});
