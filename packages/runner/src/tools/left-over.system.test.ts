import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWorkbench, treeOf } from "../testing/fixture.ts";
import { isLeftOver } from "./left-over.ts";

test("a process that is killed while it writes leaves the old file or the new one, and else only what is known as left over", async () => {
  const workspace = mkdtempSync(join(tmpdir(), "phasegate-killed-"));
  const [old, next] = ["a".repeat(400_000), "b".repeat(400_000)];
  const target = join(workspace, "file");
  const url = new URL("./write-target.ts", import.meta.url).href;
  const program = `
    import { writeSync } from "node:fs";
    const { openForWriting, replaceFile } = await import(${JSON.stringify(url)});
    for (let round = 0; ; round += 1) {
      using target = openForWriting("file", ${JSON.stringify(workspace)});
      const bytes = Buffer.alloc(400_000, round % 2 === 0 ? "b" : "a");
      await replaceFile(target, null, async (descriptor) => {
        for (let at = 0; at < bytes.length; at += 40_000) writeSync(descriptor, bytes, at, 40_000);
      });
      if (round === 0) process.stdout.write("writes");
    }`;
  for (let round = 0; round < 4; round += 1) {
    writeFileSync(target, old);
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    expect([old, next].includes(readFileSync(target, "utf8"))).toBe(true);
    expect(readdirSync(workspace).filter((name) => name !== "file" && !isLeftOver(name))).toEqual([]);
  }
  rmSync(workspace, { recursive: true });
});

test("what a killed write left over is gone at the next look, and no change of anybody's", async () => {
  await using bench = await openWorkbench({ "src/a.js": "1\n" }, { write: ["src/**"] });
  const before = await treeOf(bench);
  const name = ".phasegate-01234567-89ab-cdef-0123-456789abcdef.tmp";
  mkdirSync(join(bench.workspace, "src"), { recursive: true });
  const left = [join(bench.workspace, "src", name), join(bench.workspace, name)];
  for (const file of left) writeFileSync(file, "half");
  expect((await treeOf(bench)).digest).toBe(before.digest);
  expect(left.filter((file) => existsSync(file))).toEqual([]);
});
