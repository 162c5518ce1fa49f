import { deepStrictEqual } from "node:assert";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  array,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
  tuple,
  type Arbitrary,
  type IAsyncPropertyWithHooks,
} from "fast-check";
import { ContentStore } from "../content-store.ts";
import { Glance, GlanceThread } from "../glance.ts";
import { applyDelta, diffManifests, emptyManifest, type Manifest } from "../manifest.ts";
import { removeDirectory } from "../remove-directory.ts";
import { clearUnsupported, restorePaths } from "../restore.ts";
import { Scanner } from "../scanner.ts";
import { TreeRules } from "../tree-rules.ts";
import type { HostileProcess, Operation, ReadByReference } from "./hostile-process.ts";

interface Round {
  readonly operations: readonly Operation[];
  /** After the operations: read only, or first put the workspace back to the tree of an earlier round. */
  readonly back: number | null;
}

const utf8 = (text: string) => Buffer.from(text).toString("latin1");
const kinds = (
  "write write write patch sparse truncate unseen unseen remove rename hardlink " +
  "symlink swap swap_for_link chmod utime mkdir dig fifo device socket"
).split(" ");
const plainName = constantFrom("a", "b", "c");
const undecodable = ["\xff", "a\xfe"];
const oddName = constantFrom(
  ...undecodable,
  ...[
    "a\nb",
    "-rf",
    ":(top)",
    "ign",
    ".git",
    ".gitignore",
    "n".repeat(255),
    "A",
    "caf\u00e9",
    "cafe\u0301",
    "\ufffd",
    "\u{1f600}",
  ].map(utf8),
);
const name = oneof({ weight: 4, arbitrary: plainName }, { weight: 1, arbitrary: oddName });
const anyPath = array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const text = constantFrom("", "x", "y", "xy", "a", "b/a", "..", "/etc", "\xff z");
const operation: Arbitrary<Operation> = tuple(constantFrom(...kinds), anyPath, anyPath, nat(10), text);
const round: Arbitrary<Round> = record({
  operations: array(operation, { minLength: 1, maxLength: 8 }),
  back: oneof(constant(null), nat(5)),
});

/** So short that entries are believed within a case, and still longer than the system's clock tick. */
const distrustMs = 20n;
const settleMs = 25;

/**
 * Whatever a process does to a workspace, each reading of it, cached or full, is what the reference reads; and
 * putting it back to any earlier tree leads there in one go, with nothing left that no tree may hold.
 */
export function treeProperty(hostile: HostileProcess): IAsyncPropertyWithHooks<[Round[]]> {
  const thread = new GlanceThread();
  return asyncProperty(array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
    const directory = mkdtempSync(path.join(tmpdir(), "phasegate-fuzz-"));
    const root = path.join(directory, "workspace");
    mkdirSync(root);
    try {
      await follow(rounds, { root, hostile, thread, contents: new ContentStore(path.join(directory, "contents")) });
    } finally {
      await removeDirectory(directory);
    }
  });
}

async function follow(
  rounds: readonly Round[],
  parts: { root: string; hostile: HostileProcess; thread: GlanceThread; contents: ContentStore },
): Promise<void> {
  const { root, hostile, thread, contents } = parts;
  const scanner = new Scanner({
    root,
    rules: new TreeRules({ tracked: [], submodules: [], ignoreFiles: [], ignore: ["ign/"] }),
    contents,
    limits: { maxFiles: 10_000, maxBytes: 1_000_000_000, maxCallBytes: 1_000_000_000, maxReadMs: 120_000 },
    glance: new Glance(root, thread, { leastFiles: 1 }),
    distrustMs,
  });
  let last: Manifest = emptyManifest;
  const scan = async (mode: "cached" | "full") => {
    const result = await scanner.scan(mode, (paths) => Promise.resolve(paths.map(() => "tree" as const)));
    last = applyDelta(last, result);
    return { manifest: last, unsupported: result.unsupported, digest: result.digest };
  };
  const agree = async (mode: "cached" | "full", reference: ReadByReference) => {
    const { digest, unsupported, manifest } = await scan(mode);
    const seen = unsupported.map((entry) => JSON.stringify([entry.reason, entry.path])).sort();
    const expected = reference.unsupported.map((entry) => JSON.stringify(entry)).sort();
    deepStrictEqual(
      { mode, digest, of: manifest.digest, seen },
      { mode, digest: reference.digest, of: reference.digest, seen: expected },
    );
  };
  const trees: Manifest[] = [emptyManifest];
  for (const { operations, back } of rounds) {
    const reference = await hostile.run(root, operations, settleMs);
    await agree("cached", reference);
    await agree(back === null ? "full" : "cached", reference);
    trees.push(last);
    if (back === null) continue;
    const target = trees[back % trees.length] ?? emptyManifest;
    const { unsupported } = await scan("cached");
    clearUnsupported(root, unsupported);
    const wanted = diffManifests(target, last).map((change) => ({ path: change.path, entry: change.before }));
    restorePaths(root, contents, wanted);
    const restored = await hostile.run(root, [], 0);
    deepStrictEqual(restored, { digest: target.digest, unsupported: [] });
    await agree("cached", restored);
  }
}
