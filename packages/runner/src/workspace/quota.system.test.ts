import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import type { ActJudges } from "../port.ts";
import { openWorkbench, type Workbench } from "../testing/fixture.ts";

const keepAll: ActJudges = {
  contentsNeeded: () => [],
  changedOutside: () => Promise.resolve("none"),
  observed: () => Promise.resolve("none"),
};

let bench: Workbench;
afterEach(() => bench[Symbol.asyncDispose]());

async function open(options: Parameters<typeof openWorkbench>[2]): Promise<Workbench> {
  const files = { "src/a.ts": "a", ".gitignore": "ignored/\n" };
  bench = await openWorkbench(files, { write: ["**"] }, options);
  return bench;
}
const run = (command: string) => bench.runner.act(bench.call("bash", { command }), keepAll);

test("a call that fills the workspace is taken back with all that it added, ignored files and litter included", async () => {
  await open({ quota: { maxBytes: 8 * 1024 ** 2 } });
  await run("mkdir ignored; echo kept > ignored/kept; sleep 0.1");
  const fill = "head -c 6000000 /dev/zero >";
  const { outcome, rolledBack } = await run(
    `echo changed > src/a.ts; ${fill} ignored/big; ${fill} src/big.bin; echo said`,
  );
  expect(outcome).toMatchObject({ status: "failed", code: "workspace_full", result: { stdout: "said\n" } });
  expect(rolledBack).toBe("all");
  expect(readdirSync(path.join(bench.workspace, "ignored"))).toEqual(["kept"]);
  expect(readdirSync(path.join(bench.workspace, "src"))).toEqual(["a.ts"]);
  expect(readFileSync(path.join(bench.workspace, "src/a.ts"), "utf8")).toBe("a");
  expect((await run("echo more > src/b.ts")).outcome.status).toBe("completed");
});

test("entries are counted too", async () => {
  await open({ quota: { maxEntries: 200 } });
  const { outcome } = await run("mkdir ignored; for i in $(seq 300); do : > ignored/$i; done");
  expect(outcome).toMatchObject({ code: "workspace_full" });
  expect(readdirSync(path.join(bench.workspace, "ignored"))).toEqual([]);
});

test("a `.git` that was filled is made anew, so that the next call works", async () => {
  await open({ quota: { maxBytes: 8 * 1024 ** 2 } });
  const { outcome } = await run("head -c 12000000 /dev/zero > .git/objects/junk");
  expect(outcome.status === "failed" ? outcome.message : "").toContain("`.git` was made anew");
  expect(existsSync(path.join(bench.workspace, ".git/objects/junk"))).toBe(false);
  expect((await run("git status --short")).outcome).toMatchObject({ status: "completed", result: { stdout: "" } });
});

test("no file that is ignored keeps bits with which it would run as the server's user", async () => {
  await open({});
  const mode = (name: string): string => (statSync(path.join(bench.workspace, name)).mode & 0o7777).toString(8);
  await run(
    "mkdir -p ignored/deep; cp /bin/true ignored/deep/su; chmod 6755 ignored/deep/su; chmod 3775 ignored/deep; ln -s deep/su ignored/link",
  );
  expect([mode("ignored/deep/su"), mode("ignored/deep")]).toEqual(["755", "775"]);
  expect((await run("ignored/deep/su && ignored/link")).outcome).toMatchObject({ result: { exit_code: 0 } });
  const many = "for i in $(seq 5200); do : > ignored/$i; done; chmod u+s ignored/1";
  expect((await run(many)).outcome.status).toBe("completed");
  await run("chmod 4711 ignored/2");
  await bench.runner.fence(bench.key.taskId, 2);
  expect([mode("ignored/1"), mode("ignored/2")].map((bits) => bits.length)).toEqual([3, 3]);
});

test("a command that goes on writing is ended while it runs", async () => {
  await open({ quota: { maxBytes: 8 * 1024 ** 2 } });
  const started = performance.now();
  const { outcome } = await run("mkdir ignored; head -c 20000000 /dev/zero > ignored/big; sleep 30");
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(outcome).toMatchObject({ code: "workspace_full", result: { limits: ["disk"] } });
});

test("below the floor of free space nothing that writes begins, and a command that runs is ended", async () => {
  await open({ minFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(bench.runner.requireSpace()).rejects.toMatchObject({ code: "disk_space_low" });
  expect((await run("sleep 30")).outcome).toMatchObject({ code: "limit_exceeded", result: { limits: ["disk"] } });
});

test("versions of a task's files are bounded, small changes and undoing go on, and what nobody needs is freed", async () => {
  await open({ maxVersionBytes: 8 * 1024 ** 2 });
  const version = "head -c 3000000 /dev/urandom > src/big.bin";
  expect((await run(version)).outcome.status).toBe("completed");
  expect((await run(version)).outcome.status).toBe("completed");
  const { outcome, rolledBack } = await run(`${version}; echo said; rm src/a.ts`);
  expect(outcome).toMatchObject({
    status: "failed",
    code: "workspace_full",
    message:
      "the call left 3 MiB to be stored, `src/big.bin` alone is 3 MiB, and what is kept of this task's file versions leaves room for 3 MiB; what it added was removed",
  });
  expect(rolledBack).toBe("all");
  expect(readFileSync(path.join(bench.workspace, "src/a.ts"), "utf8")).toBe("a");
  expect(
    (await run("echo small > src/a.ts; mkdir ignored; head -c 3000000 /dev/urandom > ignored/big")).outcome.status,
  ).toBe("completed");
  const back = await bench.runner.act(bench.call("restore_files", { paths: ["src/a.ts"] }), keepAll);
  expect(back.outcome.status).toBe("completed");
  expect(readFileSync(path.join(bench.workspace, "src/a.ts"), "utf8")).toBe("a");

  const now = Date.now() + 86_400_000;
  await bench.runner.collect({ trees: [], open: new Map([[bench.key.taskId, []]]), now, graceMs: 0 });
  expect((await run(version)).outcome.status).toBe("completed");
});
