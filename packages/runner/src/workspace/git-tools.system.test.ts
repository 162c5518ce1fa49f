import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openWorkbench, RecordingJudges, treeOf, type Workbench } from "../testing/fixture.ts";

const files = {
  ".gitattributes": "*.ts -diff\n*.id ident\n",
  "coverage/kept.txt": "tracked in a scratch folder\n",
  "src/a.ts": "export const a = 1;\n",
  "src/old.ts": "old\n",
  "version.id": "$Id$\n",
};
const rules = { write: ["src/**", "*.id"], scratch: ["coverage/**"] };
const branch = "phasegate/task_sample1";

const act = (bench: Workbench, toolName: string, args: Record<string, string | string[]>) =>
  bench.runner.act(bench.call(toolName, args), new RecordingJudges());

test("git_commit publishes the tree as a branch of the user's repository and touches nothing else there", async () => {
  await using bench = await openWorkbench(files, rules);
  const { repository } = bench;
  const hook = path.join(repository.directory, ".git/hooks/reference-transaction");
  writeFileSync(hook, `#!/bin/sh\ntouch ${repository.directory}/hook-ran\n`);
  chmodSync(hook, 0o755);
  repository.git("config", "core.hooksPath", path.dirname(hook));
  rmSync(path.join(repository.directory, "hook-ran"), { force: true });
  const refsBefore = repository.git("for-each-ref");

  const command =
    "echo 2 > src/a.ts; rm src/old.ts; echo '$Id: 1 $' > version.id; echo x > src/run; chmod 755 src/run; ln -s a.ts src/link; rm coverage/kept.txt; echo litter > notes";
  await act(bench, "bash", { command });
  const { outcome } = await act(bench, "git_commit", { message: "Change things\n\nIt's `time` to $HOME -m x" });

  expect(outcome.status).toBe("completed");
  const commit = outcome.status === "completed" ? outcome.commit : undefined;
  expect(outcome.result).toEqual({ status: "success", commit });
  expect(repository.git("rev-parse", branch)).toBe(commit);
  expect(repository.git("rev-parse", `${branch}^`)).toBe(bench.base.commit);
  expect(repository.git("log", "-1", "--format=%B", branch)).toBe("Change things\n\nIt's `time` to $HOME -m x");
  expect(
    repository.git("diff-tree", "-r", "--name-status", "--no-renames", bench.base.commit, branch).split("\n"),
  ).toEqual(["M\tsrc/a.ts", "A\tsrc/link", "D\tsrc/old.ts", "A\tsrc/run", "M\tversion.id"]);
  expect(repository.git("ls-tree", branch, "src/")).toMatch(/^100644 .*a\.ts\n120000 .*link\n100755 .*run$/);
  expect(repository.git("cat-file", "blob", `${branch}:version.id`)).toBe("$Id: 1 $");
  expect(existsSync(path.join(repository.directory, "hook-ran"))).toBe(false);
  expect(
    repository
      .git("for-each-ref")
      .split("\n")
      .filter((ref) => !ref.includes(branch))
      .join("\n"),
  ).toBe(refsBefore);
  expect(repository.git("status", "--porcelain")).toBe("");
  expect(repository.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
});

test("a second commit stands on the first, and one without changes is refused", async () => {
  await using bench = await openWorkbench(files, rules);
  const empty = await act(bench, "git_commit", { message: "nothing" });
  expect(empty.outcome).toMatchObject({ status: "failed", code: "tool_failed" });
  await act(bench, "write_files", { path: "src/b.ts", content: "b" });
  const first = await act(bench, "git_commit", { message: "one" });
  const again = await act(bench, "git_commit", { message: "again" });
  expect(again.outcome).toMatchObject({ status: "failed", code: "tool_failed" });
  await act(bench, "write_files", { path: "src/c.ts", content: "c" });
  await act(bench, "git_commit", { message: "two" });
  expect(bench.repository.git("rev-parse", `${branch}^`)).toBe(first.outcome.result?.["commit"]);
  expect(bench.repository.git("rev-parse", `${branch}^^`)).toBe(bench.base.commit);
});

test("a commit does not take what the tree may not hold", async () => {
  await using bench = await openWorkbench(files, rules);
  const command = "echo x > src/b.ts; chmod u+s src/b.ts";
  await act(bench, "bash", { command });
  const { outcome } = await act(bench, "git_commit", { message: "setuid" });
  expect(outcome).toMatchObject({ status: "failed", code: "unsupported_entry" });
});

test("git_diff shows every byte that differs, whatever attributes, index and configuration of the clone say", async () => {
  await using bench = await openWorkbench(files, rules);
  const command =
    "echo 2 > src/a.ts; git add -A; git commit -qm x; git config diff.external true; printf 'a\\0b' > src/bin";
  await act(bench, "bash", { command });
  const outcome = await bench.runner.read(bench.call("git_diff", {}));
  expect(outcome.result).toMatchObject({ changed_paths: ["src/a.ts", "src/bin"], truncated: false });
  expect(outcome.result?.["diff"]).toContain("-export const a = 1;\n+2\n");
  expect(outcome.result?.["diff"]).toContain("+a\\u{0}b\n");
  const short = await bench.runner.diff({ task: bench.key, since: bench.base.tree, maxBytes: 60 });
  expect(short.truncated).toBe(true);
  expect(short.text.length).toBeLessThanOrEqual(60);
  expect(short.changedPaths).toEqual(["src/a.ts", "src/bin"]);
});

test("restore_files puts a path, or all below a directory, back to its content at entry", async () => {
  await using bench = await openWorkbench(files, rules);
  await act(bench, "bash", {
    command: "echo 2 > src/a.ts; chmod 755 src/a.ts; rm src/old.ts; mkdir src/n; echo x > src/n/x; echo 3 > version.id",
  });
  const entryTree = (await treeOf(bench)).digest;
  await act(bench, "bash", { command: "echo 4 > version.id" });
  const one = await bench.runner.act(
    bench.call("restore_files", { paths: ["version.id"] }, { entryTree }),
    new RecordingJudges(),
  );
  expect(one.outcome.result).toEqual({ status: "success", restored: ["version.id"] });
  expect((await treeOf(bench)).digest).toBe(entryTree);
  const judges = new RecordingJudges();
  const all = await bench.runner.act(bench.call("restore_files", { paths: ["src", "/workspace/version.id"] }), judges);
  expect(all.outcome.result).toEqual({
    status: "success",
    restored: ["src/a.ts", "src/n/x", "src/old.ts", "version.id"],
  });
  expect(judges.observations[0]?.entryChanges).toEqual([]);
  expect((await treeOf(bench)).digest).toBe(bench.base.tree);
  const none = await act(bench, "restore_files", { paths: ["missing"] });
  expect(none.outcome).toMatchObject({ status: "failed", code: "tool_failed" });
  const outside = await act(bench, "restore_files", { paths: ["../x"] });
  expect(outside.outcome).toMatchObject({ status: "failed", code: "path_outside_workspace" });
});

test("the clone borrows base history, has no remote, and holds nothing of other tasks", async () => {
  await using bench = await openWorkbench(files, rules);
  const git = (...args: string[]) => execFileSync("git", ["-C", bench.workspace, ...args], { encoding: "utf8" }).trim();
  expect(git("log", "--format=%H")).toBe(bench.base.commit);
  expect(git("remote")).toBe("");
  expect(git("status", "--porcelain")).toBe("");
  await act(bench, "write_files", { path: "src/b.ts", content: "b" });
  const { outcome } = await act(bench, "git_commit", { message: "secret of this task" });
  const commit = outcome.status === "completed" ? (outcome.commit ?? "") : "";
  const other = { ...bench.key, taskId: "task_other" as typeof bench.key.taskId };
  const { path: otherPath } = await bench.runner.openWorkspace(other);
  const seen = () => execFileSync("git", ["-C", otherPath, "cat-file", "-e", commit], { stdio: "pipe" });
  expect(seen).toThrow("Command failed");
});

test("a hook, filter or fsmonitor that the agent puts into its clone is never run by the server", async () => {
  await using bench = await openWorkbench(files, rules);
  const marker = path.join(bench.dataDir, "ran");
  const command = `for h in post-index-change pre-commit post-checkout reference-transaction; do printf '#!/bin/sh\\ntouch ${marker}\\n' > .git/hooks-$h; done
    mkdir -p .git/hooks; for h in pre-commit reference-transaction post-index-change; do cp .git/hooks-$h .git/hooks/$h; chmod +x .git/hooks/$h; done
    git config core.fsmonitor 'touch ${marker}'; git config filter.x.clean 'touch ${marker}'; echo '* filter=x' > .git/info/attributes
    rm -f ${marker}; echo 2 > src/a.ts`;
  await act(bench, "bash", { command });
  rmSync(marker, { force: true });
  const { outcome } = await act(bench, "git_commit", { message: "x" });
  expect(outcome.status).toBe("completed");
  await bench.runner.read(bench.call("git_diff", {}));
  expect(existsSync(marker)).toBe(false);
});

test("a moved base is merged into the tree, the entry tree and the frozen trees", async () => {
  await using bench = await openWorkbench(files, rules);
  await act(bench, "write_files", { path: "src/b.ts", content: "b" });
  const entryTree = (await treeOf(bench)).digest;
  await act(bench, "bash", { command: "echo 3 > src/c.ts; chmod 600 src/c.ts" });
  bench.repository.commit({ "src/new.ts": "from the base\n", "src/old.ts": "moved on\n" });
  const request = { task: bench.key, ref: "main", entryTree, frozenTrees: [bench.base.tree] };
  const outcome = await bench.runner.sync(request);
  if (outcome.status !== "merged") throw new Error("the merge has no conflicts");
  expect(outcome.frozenTrees).toEqual([outcome.baseTree]);
  const key = { ...bench.key, base: outcome.base };
  const facts = await bench.runner.withTree(
    {
      task: key,
      epoch: null,
      compareWith: [outcome.entryTree, outcome.baseTree],
      contentsNeeded: () => [],
      changedOutside: () => Promise.reject(new Error("a sync is no change from outside")),
    },
    (facts) => Promise.resolve(facts),
  );
  expect(facts.digest).toBe(outcome.tree);
  expect(facts.differences[outcome.entryTree]?.changes).toMatchObject([
    { path: "src/c.ts", after: { permissions: 0o600 } },
  ]);
  expect(facts.differences[outcome.baseTree]?.changes.map((change) => change.path)).toEqual(["src/b.ts", "src/c.ts"]);
  const committed = await bench.runner.act(
    bench.call("git_commit", { message: "after the sync" }, { task: key, entryTree: outcome.entryTree }),
    new RecordingJudges(),
  );
  expect(committed.outcome.status).toBe("completed");
  expect(bench.repository.git("diff", "--name-only", "main", branch)).toBe("src/b.ts\nsrc/c.ts");
});

test("conflicts are listed and leave the workspace as it was", async () => {
  await using bench = await openWorkbench(files, rules);
  await act(bench, "write_files", { path: "src/a.ts", content: "ours\n" });
  const before = await treeOf(bench);
  bench.repository.commit({ "src/a.ts": "theirs\n" });
  const request = { task: bench.key, ref: "main", entryTree: bench.base.tree, frozenTrees: [] };
  expect(await bench.runner.sync(request)).toEqual({ status: "conflicts", conflicts: ["src/a.ts"] });
  expect((await treeOf(bench)).digest).toBe(before.digest);
});

test("a path is resolved through links inside, and refused where one leads out", async () => {
  await using bench = await openWorkbench(files, rules);
  symlinkSync("src", path.join(bench.workspace, "in"));
  symlinkSync("../..", path.join(bench.workspace, "src/out"));
  symlinkSync("/etc", path.join(bench.workspace, "etc"));
  symlinkSync("loop", path.join(bench.workspace, "loop"));
  const resolve = (written: string) => bench.runner.resolvePath(bench.key, written);
  expect(await resolve("in/a.ts")).toEqual({ status: "inside", path: "src/a.ts", exists: true });
  expect(await resolve("/workspace/src/./new.ts")).toEqual({ status: "inside", path: "src/new.ts", exists: false });
  expect(await resolve(`${bench.workspace}/src/A.ts`)).toEqual({ status: "inside", path: "src/A.ts", exists: false });
  for (const out of ["src/out/x", "etc/passwd", "loop/x", "../x", "/etc/passwd"]) {
    expect(await resolve(out)).toMatchObject({ status: "refused", code: "path_outside_workspace" });
  }
  for (const invalid of ["", "a\0b", "x".repeat(5000), "\ud800"]) {
    expect(await resolve(invalid)).toMatchObject({ status: "refused", code: "path_invalid" });
  }
});
