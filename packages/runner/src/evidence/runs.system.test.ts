import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesWith } from "../sandbox/sandboxes.fixture.ts";
import type { Workbench } from "../testing/fixture.ts";
import { changed, nodeCommand, openEvidenceBench, outcomesOf, testsOf } from "./evidence.fixture.ts";

describe("a run as the workflow configures it", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openEvidenceBench(
      { "pkg/run.sh": 'printf "1..1\\nok 1 - %s %s %s %s\\n" "$PWD" "$SETTING" "$(cat made)" "$*"\n' },
      {
        command: "sh run.sh",
        prepare: "[ ! -e ../unprepared ] && echo prepared > made",
        format: "tap",
        cwd: "pkg",
        env: { SETTING: "set" },
        retries: 1,
      },
    );
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("goes by cwd, env, prepare and selection, at /workspace, and without the agent's files", async () => {
    await changed(bench, { "pkg/made": "the agent's\n" });
    const run = await testsOf(bench, bench.base.tree, { selection: `a.test.js -t 'two words; $(id)'` });
    expect(outcomesOf(run)).toEqual(["passed: /workspace/pkg set prepared a.test.js -t two words; $(id)"]);
    expect(run.command).toBe("sh run.sh 'a.test.js' '-t' 'two words; $(id)'");
    expect(run.key).not.toBe((await testsOf(bench)).key);
  });

  it("a preparation that fails is its own status", async () => {
    const run = await testsOf(bench, await changed(bench, { unprepared: "" }));
    expect([run.status, run.cases]).toEqual(["prepare_failed", []]);
  });
});

describe("retries", () => {
  it("run the files of what failed again: a test that then passes is flaky, one that fails again is not", async () => {
    const script = [
      "#!/bin/sh",
      'report=$1; shift; flaky=""',
      '[ $# -eq 0 ] && flaky="<failure/>"',
      `printf '<testsuites><testsuite name="s"><testcase name="stable" file="test/c.txt"/><testcase name="flaky" file="test/a.txt">%s</testcase><testcase name="%s" file="test/b.txt"><failure/></testcase></testsuite></testsuites>' "$flaky" "broken" > "$report"`,
      'echo "selected: $*"; exit 1',
    ].join("\n");
    await using bench = await openEvidenceBench(
      { pytest: `${script}\n`, "test/a.txt": "", "test/b.txt": "", "test/c.txt": "" },
      { command: "sh ./pytest {report}", format: "junit", retries: 2 },
    );
    const run = await testsOf(bench);
    expect([run.status, run.exitCode, run.flaky, outcomesOf(run)]).toEqual([
      "completed",
      1,
      ["test/a.txt > s > flaky"],
      ["failed: test/b.txt > s > broken", "passed: test/a.txt > s > flaky", "passed: test/c.txt > s > stable"],
    ]);
    expect(run.output).toContain("retry 2: completed, exit code 1");
  });
});

describe("bounds and ends", () => {
  it("runs wait for a slot, one cancelled while it waits or runs leaves nothing, and closing ends the rest", async () => {
    const script = "if [ -e slow ]; then exec -a phasegate-slow-run sleep 600; fi\n";
    await using bench = await openEvidenceBench(
      { "run.sh": script },
      { command: "bash run.sh", format: "exit-code", retries: 0 },
      { options: { maxConcurrentRuns: 1 } },
    );
    const slow = await changed(bench, { slow: "" });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = testsOf(bench, slow, { signal: running.signal });
    const second = testsOf(bench, slow, { signal: waiting.signal });
    await expect.poll(() => processesWith("phasegate-slow-run").length).toBeGreaterThan(0);
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: "workspace_unavailable" });
    running.abort();
    await expect(first).rejects.toMatchObject({ code: "workspace_unavailable" });
    expect(processesWith("phasegate-slow-run")).toEqual([]);

    const third = testsOf(bench, slow);
    await expect.poll(() => processesWith("phasegate-slow-run").length).toBeGreaterThan(0);
    const closing = bench.runner.close();
    await expect(third).rejects.toMatchObject({ code: "workspace_unavailable" });
    await closing;
    expect(processesWith("phasegate-slow-run")).toEqual([]);
  });
});

it("without an OS sandbox paths are still those of the checkout", async () => {
  await using bench = await openEvidenceBench(
    { "test/a.test.mjs": "import { test } from 'node:test';\ntest('runs', () => {});\n" },
    { command: nodeCommand, format: "junit", retries: 0 },
    { options: { sandbox: "off" } },
  );
  const run = await testsOf(bench);
  expect(run).toMatchObject({ status: "completed", command: nodeCommand });
  expect(outcomesOf(run)).toEqual(["passed: test/a.test.mjs > runs"]);
});

describe("commands and trees", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openEvidenceBench(
      { "a.txt": "base\n", "dir/b.txt": "base\n" },
      { command: "true", format: "exit-code" },
    );
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const command = (line: string, timeoutSeconds = 20) =>
    bench.runner.runCommand({
      task: bench.key,
      tree: bench.base.tree,
      baseTree: bench.base.tree,
      command: line,
      timeoutSeconds,
      signal: new AbortController().signal,
    });

  it("a command runs on the exact tree, and its changes vanish", async () => {
    expect(await command("cat a.txt; echo no >&2; echo changed > a.txt; exit 3")).toEqual({
      exitCode: 3,
      output: "base\nno",
      timedOut: false,
    });
    expect((await command("cat a.txt")).output).toBe("base");
    expect((await command("sleep 600", 1)).timedOut).toBe(true);
  });

  it("a tree is composed of another's entries by path, and what is laid over wins", async () => {
    const from = await changed(bench, { "a.txt": "task\n", "dir/b.txt": null, dir2: "x", "src/c.txt": "task\n" });
    const include = (file: string) => file.startsWith("src/") || file === "dir/b.txt";
    const tree = await bench.runner.overlayTree({ base: bench.base.tree, from, include });
    const entries = await bench.runner.readTree(tree);
    expect(entries.map((entry) => entry.path)).toEqual(["a.txt", "src/c.txt"]);
    const run = await bench.runner.runCommand({
      task: bench.key,
      tree,
      baseTree: bench.base.tree,
      command: "cat a.txt src/c.txt",
      timeoutSeconds: 20,
      signal: new AbortController().signal,
    });
    expect(run.output).toBe("base\ntask");
    const less = await bench.runner.overlayTree({ base: from, from: tree, include, without: new Set(["dir2"]) });
    expect((await bench.runner.readTree(less)).map((entry) => entry.path)).toEqual(["a.txt", "src/c.txt"]);
  });
});
