import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkbench, RecordingJudges, treeOf, type Workbench } from "../testing/fixture.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench({ "src/a.ts": "a\n" }, { write: ["src/**"] });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

async function run(command: string): Promise<unknown> {
  const ran = await bench.runner.act(bench.call("bash", { command }), new RecordingJudges());
  return ran.outcome.result?.["stdout"];
}

test.each([
  ["is removed", "rm -rf .git"],
  ["becomes a file", "rm -rf .git; echo 'gitdir: /tmp' > .git"],
  ["becomes a link to a repository elsewhere", "mv .git /tmp/phasegate-moved; ln -s /tmp/phasegate-moved .git"],
  ["becomes a FIFO", "rm -rf .git; mkfifo .git"],
  ["loses its objects", "rm -rf .git/objects"],
  ["loses the history that it borrows", "rm .git/objects/info/alternates"],
  ["gets a HEAD that is none", "echo nonsense > .git/HEAD"],
  ["gets a HEAD that is a link out", "ln -sf /etc/passwd .git/HEAD"],
  ["keeps the lock of a command that was killed", "touch .git/index.lock"],
])("git works in the next command when .git %s", async (_, command) => {
  await run(command);
  const script =
    "echo x >> src/a.ts; git add src/a.ts && git status --porcelain; git log --format=%s; git checkout -q HEAD -- .";
  expect(await run(script)).toBe("M  src/a.ts\nsample\n");
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  rmSync("/tmp/phasegate-moved", { recursive: true, force: true });
});

test("what the agent keeps in a working .git stays there", async () => {
  await run("echo x >> src/a.ts; git commit -q -a -m mine; git checkout -q -b side; git reset -q --hard HEAD~1");
  expect(await run("git log --all --format=%s")).toBe("mine\nsample\n");
});

test("nothing that the agent wrote into .git runs, or is read, when it is made anew", async () => {
  const outside = mkdtempSync(path.join(tmpdir(), "phasegate-ran-"));
  const ran = path.join(outside, "ran");
  await run(`git config core.fsmonitor 'touch ${ran}'; git config filter.f.clean 'touch ${ran}; cat'
    mkdir -p .git/hooks; printf '#!/bin/sh\ntouch ${ran}\n' > .git/hooks/post-index-change; chmod +x .git/hooks/*
    echo '* filter=f' > src/.gitattributes; rm -rf .git/refs`);
  expect(await run("git config --get-regexp 'filter|fsmonitor'; git log --format=%s")).toBe("sample\n");
  expect(existsSync(ran)).toBe(false);
  execFileSync("git", ["-C", bench.workspace, "fsck", "--strict"], { stdio: "ignore" });
  expect(readdirSync(outside)).toEqual([]);
  rmSync(outside, { recursive: true });
});
