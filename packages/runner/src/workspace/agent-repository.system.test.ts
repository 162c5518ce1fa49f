import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

test("what one epoch leaves in the settings of .git runs in no call of the next, and its branches stay", async () => {
  const outside = mkdtempSync(path.join(tmpdir(), "phasegate-ran-"));
  const ran = path.join(outside, "ran");
  const left = `git config core.fsmonitor 'touch ${ran}'; git config x.y z; echo '* diff=x' > .git/info/attributes
    mkdir .git/hooks; printf '#!/bin/sh\ntouch ${ran}\n' > .git/hooks/post-index-change; chmod +x .git/hooks/*
    git branch kept`;
  await run(left);
  rmSync(ran, { force: true });
  expect(await run("git config x.y")).toBe("z\n");
  rmSync(ran, { force: true });
  const command =
    "git status --porcelain src/a.ts; git add src; git config x.y; git branch --list kept; git config user.name; ls .git/hooks";
  const next = await bench.runner.act({ ...bench.call("bash", { command }), epoch: 2 }, new RecordingJudges());
  expect(next.outcome.result?.["stdout"]).toBe("  kept\nagent\n");
  expect(existsSync(ran)).toBe(false);
  await run("git branch -D kept; git reset -q");
  rmSync(outside, { recursive: true });
});

describe("a call that is put back is put back with the agent's git:", () => {
  const refused = async (command: string) => {
    const judges = new RecordingJudges({ observed: "all" });
    const ran = await bench.runner.act(bench.call("bash", { command }), judges);
    expect(ran).toMatchObject({ rolledBack: "all" });
    return ran.git;
  };
  const emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
  const state =
    "git status --porcelain | grep -v large-index; git ls-files | wc -l; git log --all --format=%s%d; git stash list; git config --get x.y; ls -A . .git; stat -c %a .git .git/objects .git/refs";

  const emptyFiles = `seq 1000 | sed 's,.*,100644 ${emptyBlob}\\tsrc/file-of-a-large-index-&,'`;

  test.each([
    ["the index, of which nothing is said", "true", "git mv src/a.ts src/moved.ts", undefined],
    [
      "an index that is large",
      `${emptyFiles} | git update-index --index-info`,
      "git rm -q --cached src/a.ts",
      undefined,
    ],
    [
      "a commit, a tag and packed branches",
      "true",
      "echo x > src/x.ts; git add -A; git commit -q -m x; git tag x; git pack-refs --all",
      "put_back",
    ],
    ["another HEAD and configuration", "true", "git checkout -q -b other; git config x.y z", "put_back"],
    ["permissions of its folders", "true", "chmod 700 .git/refs; chmod 111 .git/objects; chmod 000 .git", "put_back"],
    [
      "a work tree elsewhere",
      "true",
      "mkdir -p .git/worktrees/wt; echo /tmp/wt > .git/worktrees/wt/gitdir",
      "put_back",
    ],
    [
      "its place, with what it holds",
      "git commit -q --allow-empty -m kept",
      "mv .git .git2; ln -s .git2 .git; echo 'ref: refs/heads/x' > .git/HEAD",
      "put_back",
    ],
    ["its place, in which another stands", "true", "mv .git src/old; git init -q; mv src/old .git/old", "put_back"],
    [
      "links and special files in the place of its files",
      "true",
      "cd .git; rm -r HEAD refs logs index; ln -s /etc/passwd HEAD; ln -s /tmp refs; mkfifo logs; mkdir -p index/a",
      "put_back",
    ],
  ])("%s", async (_, first, command, told) => {
    const before = await run(`git hash-object -t blob -w --stdin < /dev/null; ${first}; ${state}`);
    expect(await refused(command)).toBe(told);
    expect(`${emptyBlob}\n${String(await run(state))}`).toBe(before);
    await run("git reset -q");
  });

  test("a stash that was dropped", async () => {
    await run("echo stashed > src/a.ts; git stash -q");
    expect(await refused("git stash pop")).toBe("put_back");
    expect(await run("git stash list | wc -l; git stash pop -q; cat src/a.ts; git checkout -q -- .")).toBe(
      "1\nstashed\n",
    );
  });

  test("nothing outside is written or read where folders lead out", async () => {
    const outside = mkdtempSync(path.join(tmpdir(), "phasegate-out-"));
    writeFileSync(path.join(outside, "main"), "mine\n");
    await refused(
      `rm -r .git/refs/heads; ln -s ${outside} .git/refs/heads; rm -r .git/logs; ln -s ${outside} .git/logs`,
    );
    expect(readdirSync(outside)).toEqual(["main"]);
    expect(readFileSync(path.join(outside, "main"), "utf8")).toBe("mine\n");
    rmSync(outside, { recursive: true });
  });

  test.each(["rm -r .git", "rm -r .git/objects"])("where that cannot be, it is made anew: %s", async (command) => {
    expect(await refused(command)).toBe("made_anew");
    expect(await run("git log --format=%s; git status --porcelain src/a.ts")).toBe("sample\n");
  });

  test("and where `.git` is past the bounds, the answer says that it was left", async () => {
    await run("for n in {1..1100}; do : > .git/refs/x$n; done");
    const judges = new RecordingJudges({ observed: "all" });
    expect(await bench.runner.act(bench.call("bash", { command: "git mv src/a.ts src/z.ts" }), judges)).toMatchObject({
      git: "left",
    });
  });
});
