import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkbench, RecordingJudges, treeOf, type Workbench } from "../testing/fixture.ts";
import { removeDirectory } from "./remove-directory.ts";

/** Makes a directory as deep as any file system holds, with a file at its end: `python3` since no path names it. */
function digDown(directory: string, levels: number, name = "d"): void {
  const script = [
    "import os, sys",
    "os.chdir(sys.argv[1])",
    "for _ in range(int(sys.argv[2])):",
    "    os.mkdir(sys.argv[3]); os.chdir(sys.argv[3])",
    "open('end', 'w').close()",
  ].join("\n");
  execFileSync("python3", ["-c", script, directory, String(levels), name]);
}

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench(
    { ".gitignore": "ignored/\n", "src/a.ts": "a\n" },
    { write: ["src/**"], scratch: ["coverage/**"] },
  );
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const dig = (below: string, levels: number) => ({
  command: `mkdir -p ${below}; cd ${below}; python3 -c "import os
for _ in range(${levels}): os.mkdir('d'); os.chdir('d')
open('end', 'w').close()"`,
});

test.each(["src/deep", "notes/litter"])(
  "a directory of 3,000 levels at %s is seen, put back, and the task goes on",
  async (below) => {
    const judges = new RecordingJudges({ observed: "all" });
    const dug = await bench.runner.act(bench.call("bash", dig(below, 3000)), judges);
    expect(dug.rolledBack).toBe("all");
    const found = judges.observations[0]?.unsupported.map(({ path: at, reason }) => [at.slice(0, 11), reason]);
    expect(found).toEqual([[`${below}/d/d/d`.slice(0, 11), "path_too_long"]]);
    expect(existsSync(path.join(bench.workspace, below))).toBe(false);
    expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  },
);

test.each(["ignored", "coverage"])("one in %s is nobody's concern, and the task goes on", async (below) => {
  const judges = new RecordingJudges();
  const dug = await bench.runner.act(bench.call("bash", dig(below, 3000)), judges);
  expect(dug.outcome.status).toBe("completed");
  expect(judges.observations[0]).toMatchObject({ changes: [], unsupported: [] });
  const next = await bench.runner.act(bench.call("bash", { command: "true" }), judges);
  expect(next.outcome.status).toBe("completed");
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  execFileSync("rm", ["-rf", path.join(bench.workspace, below)]);
});

test("names that make a path longer than the system takes are seen and put back", async () => {
  const judges = new RecordingJudges({ observed: "all" });
  const command = `cd src; python3 -c "import os
for _ in range(40): os.mkdir('n' * 255); os.chdir('n' * 255)"`;
  const dug = await bench.runner.act(bench.call("bash", { command }), judges);
  expect(judges.observations[0]?.unsupported.map((entry) => entry.reason)).toEqual(["path_too_long"]);
  expect(dug.rolledBack).toBe("all");
  expect(readdirSync(path.join(bench.workspace, "src"))).toEqual(["a.ts"]);
});

test("removing a directory works at any depth, and follows no link", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "phasegate-deep-"));
  const outside = path.join(directory, "outside");
  const removed = path.join(directory, "removed");
  mkdirSync(outside);
  writeFileSync(path.join(outside, "kept"), "kept");
  mkdirSync(path.join(removed, "d"), { recursive: true });
  symlinkSync(outside, path.join(removed, "link"));
  symlinkSync(outside, path.join(removed, "d/link"));
  digDown(path.join(removed, "d"), 2500);
  await removeDirectory(removed);
  expect(readdirSync(directory)).toEqual(["outside"]);
  expect(readdirSync(outside)).toEqual(["kept"]);
  await removeDirectory(directory);
});
