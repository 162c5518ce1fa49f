import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, type TestContext } from "vitest";
import { openWorkbench, RecordingJudges, treeOf, type Workbench } from "../testing/fixture.ts";

const files = { "src/a.ts": "export const a = 1;\n", "test/a.test.ts": "// test\n" };
const rules = { write: ["src/**", "test/**"], scratch: ["coverage/**"] };

async function openSandboxed(context: TestContext): Promise<Workbench> {
  const bench = await openWorkbench(files, rules, { sandbox: "auto" });
  if (bench.runner.capabilities.assurance === "sandboxed") return bench;
  await bench[Symbol.asyncDispose]();
  return context.skip("this machine has no OS sandbox");
}

async function run(bench: Workbench, command: string) {
  const act = await bench.runner.act(bench.call("bash", { command }), new RecordingJudges());
  return act.outcome.result ?? {};
}

test("git works in the sandboxed clone: history, status, add, stash, commit", async (context) => {
  await using bench = await openSandboxed(context);
  const command =
    "set -e; git log --format=%s; echo 2 > src/a.ts; git stash -q; git stash pop -q; git add -A; git commit -qm own; git status --porcelain; pwd; stat -c %u src/a.ts";
  expect(await run(bench, command)).toMatchObject({ exit_code: 0, stdout: "sample\n/workspace\n1000\n", stderr: "" });
  expect((await treeOf(bench)).differences[bench.base.tree]?.changes).toMatchObject([{ path: "src/a.ts" }]);
});

test("a sandboxed command sees neither the server's data nor another task's files and objects", async (context) => {
  await using bench = await openSandboxed(context);
  const other = { ...bench.key, taskId: "task_other" as typeof bench.key.taskId };
  const { path: otherPath } = await bench.runner.openWorkspace(other);
  await bench.runner.act(
    bench.call("write_files", { path: "src/b.ts", content: "another task's" }, { task: other }),
    new RecordingJudges(),
  );
  const committed = await bench.runner.act(
    bench.call("git_commit", { message: "another task's" }, { task: other }),
    new RecordingJudges(),
  );
  const commit = committed.outcome.status === "completed" ? (committed.outcome.commit ?? "") : "";
  const probes = [
    `cat ${otherPath}/src/b.ts`,
    `ls ${bench.dataDir}/runner/tasks`,
    `ls ${bench.dataDir}/runner/contents`,
    `git cat-file -e ${commit}`,
    `touch $(cat .git/objects/info/alternates)/x`,
  ];
  const codes = await Promise.all(probes.map(async (probe) => (await run(bench, probe))["exit_code"]));
  expect(codes.map((code) => code !== 0)).toEqual(probes.map(() => true));
});

test("what a sandboxed command wrote is put back, whatever bits it left", async (context) => {
  await using bench = await openSandboxed(context);
  const outside = mkdtempSync(path.join(tmpdir(), "phasegate-outside-"));
  const command = `chmod 000 src/a.ts; mkdir -p src/d/e; echo x > src/d/e/f; chmod 000 src/d; mkfifo test/p; ln -s ${outside} src/out; rm -r test/a.test.ts; touch .git/index.lock`;
  const judges = new RecordingJudges({ observed: "all" });
  const act = await bench.runner.act(bench.call("bash", { command }), judges);
  expect(act.rolledBack).toBe("all");
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  expect(existsSync(path.join(bench.workspace, "test/p"))).toBe(false);
  rmSync(outside, { recursive: true });
});
