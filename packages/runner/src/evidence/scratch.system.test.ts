import { expect, test } from "vitest";
import { openWorkbench, RecordingJudges, treeOf } from "../testing/fixture.ts";

test("what a task writes to a tracked file in scratch is in no evidence run, no tree and no commit", async () => {
  await using bench = await openWorkbench(
    { "coverage/rates.js": "base\n", "src/a.ts": "a\n" },
    { write: ["src/**"], scratch: ["coverage/**"] },
  );
  const judges = new RecordingJudges();
  const command = "echo hidden > coverage/rates.js; echo hidden > coverage/added.js; echo b > src/b.ts";
  await bench.runner.act(bench.call("bash", { command }), judges);
  expect(judges.observations[0]?.changes.map((change) => change.path)).toEqual(["src/b.ts"]);
  const { digest } = await treeOf(bench);
  const run = await bench.runner.runCommand({
    task: bench.key,
    tree: digest,
    baseTree: bench.base.tree,
    command: "cat coverage/*; ls src",
    timeoutSeconds: 20,
    signal: new AbortController().signal,
  });
  expect(run.output).toBe("base\na.ts\nb.ts");
  await bench.runner.act(bench.call("git_commit", { message: "b" }), judges);
  const branch = `phasegate/${bench.key.taskId}`;
  expect(bench.repository.git("show", `${branch}:coverage/rates.js`)).toBe("base");
  expect(bench.repository.git("diff", "--name-only", "main", branch)).toBe("src/b.ts");
});
