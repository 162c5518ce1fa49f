import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ActJudges } from "../port.ts";
import { openWorkbench, type Workbench } from "../testing/fixture.ts";

const keepAll: ActJudges = {
  contentsNeeded: () => [],
  changedOutside: () => Promise.resolve("none"),
  observed: () => Promise.resolve("none"),
};
const dayMs = 86_400_000;

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench({ "src/a.ts": "base" }, { write: ["**"] });
});
afterEach(() => bench[Symbol.asyncDispose]());

async function write(content: string): Promise<string> {
  const { observation } = await bench.runner.act(bench.call("write_files", { path: "src/a.ts", content }), keepAll);
  return observation.treeAfter;
}

/** Makes all that is stored look two days old. */
function age(): void {
  const stored = path.join(bench.dataDir, "runner");
  for (const folder of ["contents", "trees"]) {
    for (const entry of readdirSync(path.join(stored, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) utimesSync(path.join(entry.parentPath, entry.name), 1_000, (Date.now() - 2 * dayMs) / 1_000);
    }
  }
}
const stored = (): number =>
  readdirSync(path.join(bench.dataDir, "runner", "contents"), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  ).length;
/** Two days later, so that what this process remembers using is old as well. */
const collect = (trees: readonly string[], now = Date.now() + 2 * dayMs) =>
  bench.runner.collect({
    trees: trees as never,
    open: new Map([[bench.key.taskId, trees as never]]),
    now,
    graceMs: dayMs,
  });

test("versions between are removed, and what is named, the base and the present tree stay and can be read", async () => {
  const named = await write("named");
  for (const content of ["two", "three", "four"]) await write(content);
  const last = await write("last");
  age();
  const before = stored();
  expect(await collect([named, bench.base.tree])).toMatchObject({ contents: 3 });
  expect(stored()).toBe(before - 3);
  const since = (tree: string) => bench.runner.diff({ task: bench.key, since: tree as never, maxBytes: 10_000 });
  expect((await since(named)).text).toContain("-named");
  expect((await since(bench.base.tree)).text).toContain("+last");
  expect(await bench.runner.readTree(last as never)).toHaveLength(1);
});

test("what is young stays, whatever names it", async () => {
  await write("one");
  await write("two");
  expect(await collect([], Date.now())).toEqual({ trees: 0, contents: 0, bytes: 0 });
});

test("a content that was removed is stored again by whoever writes it next", async () => {
  await write("again");
  await write("last");
  age();
  expect(await collect([])).toMatchObject({ contents: 1 });
  // What a writer touched of late is young to every collection; one of two days later comes after a restart.
  const later = await bench.reopen();
  const change = (content: string) => later.act(bench.call("write_files", { path: "src/a.ts", content }), keepAll);
  const { observation } = await change("again");
  await change("other");
  const diff = await later.diff({ task: bench.key, since: observation.treeAfter, maxBytes: 10_000 });
  expect(diff.text).toContain("-again");
});

test("where a needed tree is damaged nothing is removed", async () => {
  const named = await write("named");
  await write("last");
  age();
  const before = stored();
  writeFileSync(path.join(bench.dataDir, "runner", "trees", `${named.slice("sha256:".length)}.json`), "{");
  await expect(collect([named])).rejects.toMatchObject({ code: "workspace_unavailable" });
  expect(stored()).toBe(before);
});

test("a discarded workspace is gone, its differences are still shown, and it is made again as it was judged", async () => {
  await write("last");
  await bench.runner.discardWorkspace(bench.key.taskId);
  expect(existsSync(bench.workspace)).toBe(false);
  const diff = await bench.runner.diff({ task: bench.key, since: bench.base.tree, maxBytes: 10_000 });
  expect(diff.text).toContain("+last");
  expect(existsSync(bench.workspace)).toBe(false);
  const read = await bench.runner.read(bench.call("read_files", { path: "src/a.ts" }));
  expect(read).toMatchObject({ status: "completed", result: { content: "last" } });
});
