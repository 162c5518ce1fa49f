import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { ActOutcome } from "../port.ts";
import { openWorkbench, RecordingJudges, treeOf, type Workbench } from "../testing/fixture.ts";

const files = { "src/a.ts": "export const a = 1;\n", "test/a.test.ts": "// test\n" };
const rules = { write: ["src/**", "test/**"], scratch: ["coverage/**"] };

/** Begins a command that writes a file and then goes on for longer than any test; resolves when it runs. */
async function beginEndless(bench: Workbench, judges: RecordingJudges): Promise<{ ended: Promise<ActOutcome> }> {
  const pipe = path.join(bench.workspace, "coverage/ready");
  execFileSync("bash", ["-c", `mkdir -p coverage; mkfifo coverage/ready`], { cwd: bench.workspace });
  const command = "echo late > src/late.ts; echo > coverage/ready; exec sleep 300";
  const ended = bench.runner.act(bench.call("bash", { command }, { timeoutSeconds: 300 }), judges);
  await readFile(pipe);
  return { ended };
}

test("fencing ends what an older epoch runs, and refuses the rest of it", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges({ observed: "all" });
  const running = await beginEndless(bench, judges);
  await bench.runner.fence(bench.key.taskId, 2);
  const ended = await running.ended;
  expect(ended.outcome.status).toBe("failed");
  expect(ended.rolledBack).toBe("all");
  expect(existsSync(path.join(bench.workspace, "src/late.ts"))).toBe(false);

  const late = await bench.runner.act(bench.call("write_files", { path: "src/b.ts", content: "b" }), judges);
  expect(late.outcome).toMatchObject({ status: "failed", code: "token_superseded" });
  expect(await bench.runner.read(bench.call("read_files", { path: "src/a.ts" }))).toMatchObject({
    code: "token_superseded",
  });
  await expect(treeOf(bench, { epoch: 1 })).rejects.toMatchObject({ code: "token_superseded" });
  expect(existsSync(path.join(bench.workspace, "src/b.ts"))).toBe(false);
  const next = await bench.runner.act(
    bench.call("write_files", { path: "src/b.ts", content: "b" }, { epoch: 2 }),
    new RecordingJudges(),
  );
  expect(next.outcome.status).toBe("completed");
});

test("a transition ends a command that goes on, and its changes are judged first", async () => {
  await using bench = await openWorkbench(files, rules, { times: { patienceMs: 50 } });
  const judges = new RecordingJudges({ observed: "all" });
  const running = await beginEndless(bench, judges);
  const facts = await treeOf(bench);
  expect(facts.digest).toBe(bench.base.tree);
  expect((await running.ended).outcome.status).toBe("failed");
  expect(judges.observations[0]?.changes).toMatchObject([{ kind: "added", path: "src/late.ts" }]);
});

test("a fence from within a decision does not wait for that decision", async () => {
  await using bench = await openWorkbench(files, rules);
  await treeOf(bench, { use: () => bench.runner.fence(bench.key.taskId, 2) });
  await expect(treeOf(bench, { epoch: 1 })).rejects.toMatchObject({ code: "token_superseded" });
});

test("a fence that came before the workspace was opened holds after a restart", async () => {
  await using bench = await openWorkbench(files, rules);
  const again = await bench.reopen();
  await again.fence(bench.key.taskId, 3);
  const outcome = await again.act(
    bench.call("write_files", { path: "src/b.ts", content: "b" }, { epoch: 2 }),
    new RecordingJudges(),
  );
  expect(outcome.outcome).toMatchObject({ code: "token_superseded" });
});

test("what a command leaves running is gone when the call is over", async () => {
  await using bench = await openWorkbench(files, rules);
  const command =
    "(trap '' TERM HUP; sleep 1; echo late > src/late.ts) >/dev/null 2>&1 & echo $! > coverage-pid; disown; setsid sleep 300 & true";
  const outcome = await bench.runner.act(bench.call("bash", { command }), new RecordingJudges());
  expect(outcome.outcome.status).toBe("completed");
  expect(existsSync(path.join(bench.workspace, "src/late.ts"))).toBe(false);
  const pid = Number(readFileSync(path.join(bench.workspace, "coverage-pid"), "utf8"));
  expect(stateOf(pid)).toBe("gone");
});

test("a command on a throwaway copy changes nothing", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges();
  const command = "echo x > src/a.ts; rm -r test; cat src/a.ts";
  const outcome = await bench.runner.act(bench.call("bash", { command }, { on: "throwaway" }), judges);
  expect(outcome.outcome.result).toMatchObject({ stdout: "x\n", changed_paths: [] });
  expect(judges.observations[0]?.changes).toEqual([]);
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
});

test("a judge that fails has allowed nothing", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges();
  judges.observed = () => Promise.reject(new Error("the ledger cannot write"));
  const act = bench.runner.act(bench.call("write_files", { path: "src/a.ts", content: "other" }), judges);
  await expect(act).rejects.toThrow("the ledger cannot write");
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
});

test("a judge may put back some paths and keep the others", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges({ observed: ["src/a.ts", "src/pipe"] });
  const command = "echo x > src/a.ts; echo y > src/b.ts; mkfifo src/pipe";
  const outcome = await bench.runner.act(bench.call("bash", { command }), judges);
  expect(outcome.rolledBack).toEqual(["src/a.ts", "src/pipe"]);
  const facts = await treeOf(bench);
  expect(facts.unsupported).toEqual([]);
  expect(facts.differences[bench.base.tree]?.changes.map((change) => change.path)).toEqual(["src/b.ts"]);
});

test("a tree past its bounds is put back, litter included, and the call has failed", async () => {
  await using bench = await openWorkbench(files, rules, { limits: { maxFiles: 50, maxBytes: 1_000_000 } });
  const judges = new RecordingJudges();
  const many = "mkdir litter; for i in $(seq 100); do echo x > litter/$i; done; echo changed >> src/a.ts";
  const outcome = await bench.runner.act(bench.call("bash", { command: many }), judges);
  expect(outcome.outcome).toMatchObject({ status: "failed", code: "tree_too_large" });
  expect(outcome.rolledBack).toBe("all");
  const large = "truncate -s 2000000 src/large.bin; chmod 600 src/a.ts";
  const second = await bench.runner.act(bench.call("bash", { command: large }), judges);
  expect(second.outcome).toMatchObject({ status: "failed", code: "tree_too_large" });
  expect(judges.observations).toEqual([]);
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  expect(statSync(path.join(bench.workspace, "src/a.ts")).mode & 0o777).toBe(0o644);
});

test("a gate whose tree cannot be read in time ends with what to do", async () => {
  await using bench = await openWorkbench(files, rules, { limits: { maxReadMs: -1 } });
  await expect(treeOf(bench)).rejects.toMatchObject({ code: "tree_too_large", extras: { hint: expect.any(String) } });
});

test("a sparse file past what one call may leave is removed unread, at once, and one within it is kept", async () => {
  await using bench = await openWorkbench(files, rules, { limits: { maxCallBytes: 64 * 1024 ** 2 } });
  const judges = new RecordingJudges();
  const startedAt = performance.now();
  const command = "truncate -s 700M src/a.bin src/b.bin; truncate -s 900M src/a.ts";
  const outcome = await bench.runner.act(bench.call("bash", { command }), judges);
  expect(outcome).toMatchObject({ outcome: { status: "failed", code: "tree_too_large" }, rolledBack: "all" });
  expect(outcome.outcome).toMatchObject({
    message: "the call left more than 64 MiB to be read, `src/a.ts` alone is 900 MiB; what it added was removed",
    hint: "write smaller files, or below `/tmp`; an operator can raise `runner.max_call_mb`",
  });
  // Reading them took a minute.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  for (const name of ["one", "two"]) {
    const fits = await bench.runner.act(bench.call("bash", { command: `truncate -s 40M src/${name}.bin` }), judges);
    expect(fits).toMatchObject({ outcome: { status: "completed" }, rolledBack: "none" });
  }
});

test("after a restart a change made meanwhile is judged, and a lost workspace is made again as it was kept", async () => {
  await using bench = await openWorkbench(files, rules);
  await bench.runner.act(bench.call("write_files", { path: "src/b.ts", content: "b" }), new RecordingJudges());
  writeFileSync(path.join(bench.workspace, "src/b.ts"), "meanwhile");
  const again = await bench.reopen();
  const judges = new RecordingJudges({ outside: "all" });
  await again.act(bench.call("write_files", { path: "src/c.ts", content: "c" }), judges);
  expect(judges.outside[0]?.changes).toMatchObject([{ kind: "modified", path: "src/b.ts" }]);
  execFileSync("rm", ["-r", bench.workspace]);
  const third = await bench.reopen();
  const facts = await treeOf({ ...bench, runner: third });
  expect(facts.paths).toEqual(["src/a.ts", "src/b.ts", "src/c.ts", "test/a.test.ts"]);
  expect(readFileSync(path.join(bench.workspace, "src/b.ts"), "utf8")).toBe("b");
});

test("a caller who is gone leaves the queue", async () => {
  await using bench = await openWorkbench(files, rules);
  const running = await beginEndless(bench, new RecordingJudges());
  const caller = new AbortController();
  const waiting = bench.runner.act(
    bench.call("write_files", { path: "src/b.ts", content: "b" }, { signal: caller.signal }),
    new RecordingJudges(),
  );
  caller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "timed_out" });
  await bench.runner.fence(bench.key.taskId, 2);
  await running.ended;
});

/** A zombie has ended; only its parent has not asked yet. */
function stateOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return /^State:\s+Z/m.test(status) ? "gone" : status;
  } catch {
    return "gone";
  }
}
