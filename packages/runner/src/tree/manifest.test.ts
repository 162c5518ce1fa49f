import type { TreeEntry } from "@phasegate/wire";
import { assert, constantFrom, property, record, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { applyDelta, deltaBetween, diffManifests, diffPaths, manifestOf } from "./manifest.ts";

const entry = (path: string, content = "0".repeat(64), permissions = 0o644): TreeEntry => ({
  path,
  type: "file",
  permissions,
  content,
  size: 1,
});

const someManifest = uniqueArray(
  record({
    path: constantFrom("a", "a/b", "a-b", "b", "\u{1f600}", "\uffee", "caf\u00e9"),
    content: constantFrom("1".repeat(64), "2".repeat(64)),
    permissions: constantFrom(0o644, 0o755),
  }),
  { selector: (made) => made.path },
).map((made) => manifestOf(made.map(({ path, content, permissions }) => entry(path, content, permissions))));

test("entries stand in the order of their UTF-8 bytes", () => {
  const paths = [
    ...manifestOf(["\u{1f600}", "b", "\uffee", "a/b", "a-b", "B"].map((path) => entry(path))).entries.keys(),
  ];
  expect(paths).toEqual(["B", "a-b", "a/b", "b", "\uffee", "\u{1f600}"]);
});

test("a rename is a deletion and an addition, and permission bits are a modification", () => {
  const before = manifestOf([entry("old"), entry("run")]);
  const after = manifestOf([entry("new"), entry("run", undefined, 0o755)]);
  expect(diffManifests(before, after).map((change) => `${change.kind} ${change.path}`)).toEqual([
    "added new",
    "deleted old",
    "modified run",
  ]);
  expect(diffPaths(before, after, ["run", "nowhere"]).map((change) => change.path)).toEqual(["run"]);
});

test("the difference between two trees leads from one to the other", () => {
  assert(
    property(someManifest, someManifest, (from, to) => {
      const reached = applyDelta(from, deltaBetween(from, to));
      expect(reached.digest).toBe(to.digest);
      expect(diffManifests(reached, to)).toEqual([]);
    }),
  );
});
