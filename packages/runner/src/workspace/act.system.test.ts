import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openWorkbench, RecordingJudges } from "../testing/fixture.ts";

const files = { "src/a.ts": "export const a = 1;\n", "test/a.test.ts": "// test\n", ".gitignore": "ignored/\n" };
const rules = { write: ["src/**", "test/**"] };

test("a fresh workspace has the base's tree", async () => {
  await using bench = await openWorkbench(files, rules);
  const facts = await bench.runner.withTree(
    { task: bench.key, epoch: 1, compareWith: [bench.base.tree], contentsNeeded: () => [], changedOutside: fail },
    (facts) => Promise.resolve(facts),
  );
  expect(facts.digest).toBe(bench.base.tree);
  expect(facts.paths).toEqual([".gitignore", "src/a.ts", "test/a.test.ts"]);
  expect(facts.unsupported).toEqual([]);
  expect(facts.litter).toEqual([]);
});

test("an allowed change is kept and seen as a change", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges();
  const outcome = await bench.runner.act(bench.call("write_files", { path: "src/b.ts", content: "b" }), judges);
  expect(outcome.outcome).toMatchObject({ status: "completed" });
  expect(outcome.rolledBack).toBe("none");
  expect(judges.observations[0]?.changes).toMatchObject([{ path: "src/b.ts", kind: "added" }]);
  expect(readFileSync(path.join(bench.workspace, "src/b.ts"), "utf8")).toBe("b");
});

test("a change that the judge refuses is put back", async () => {
  await using bench = await openWorkbench(files, rules);
  const judges = new RecordingJudges({ observed: "all" });
  const command = "rm -r test; echo changed > src/a.ts; mkdir src/new; echo x > src/new/x.ts";
  const outcome = await bench.runner.act(bench.call("bash", { command }), judges);
  expect(outcome.rolledBack).toBe("all");
  expect(outcome.outcome.result).toMatchObject({ changed_paths: ["src/a.ts", "src/new/x.ts", "test/a.test.ts"] });
  expect(readFileSync(path.join(bench.workspace, "src/a.ts"), "utf8")).toBe("export const a = 1;\n");
  expect(readFileSync(path.join(bench.workspace, "test/a.test.ts"), "utf8")).toBe("// test\n");
  const facts = await bench.runner.withTree(
    { task: bench.key, epoch: 1, compareWith: [bench.base.tree], contentsNeeded: () => [], changedOutside: fail },
    (facts) => Promise.resolve(facts),
  );
  expect(facts.digest).toBe(bench.base.tree);
});

test("a change from outside is judged at the next use", async () => {
  await using bench = await openWorkbench(files, rules);
  mkdirSync(path.join(bench.workspace, "src/sub"));
  writeFileSync(path.join(bench.workspace, "src/sub/x.ts"), "outside");
  const judges = new RecordingJudges({ outside: "all" });
  await bench.runner.act(bench.call("write_files", { path: "src/b.ts", content: "b" }), judges);
  expect(judges.outside[0]?.changes).toMatchObject([{ path: "src/sub/x.ts", kind: "added" }]);
  expect(judges.observations[0]?.changes).toMatchObject([{ path: "src/b.ts", kind: "added" }]);
});

function fail(): never {
  throw new Error("nothing was changed from outside");
}

test("changed paths past the bound are cut, and the answer says so", async () => {
  await using bench = await openWorkbench({ "src/a.ts": "" }, { write: ["src/**"] });
  const many = "for n in $(seq 1001); do : > src/$n; done";
  const act = await bench.runner.act(bench.call("bash", { command: many }), new RecordingJudges());
  expect(act.outcome.result?.["changed_paths"]).toHaveLength(1_000);
  expect(act.outcome.result?.["changed_paths_total"]).toBeGreaterThan(1_000);
  expect(act.outcome.result?.["truncated"]).toBe(true);
});
