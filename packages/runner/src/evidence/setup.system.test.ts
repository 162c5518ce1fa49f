import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TaskId } from "@phasegate/wire";
import type { Workbench } from "../testing/fixture.ts";
import { changed, openEvidenceBench, testsOf } from "./evidence.fixture.ts";

// What setup made says when it was made, so that two layers never look alike.
const setup = [
  "if grep -q broken package.json; then echo 'no such package'; exit 3; fi",
  "mkdir -p vendor",
  "date +%s%N > vendor/made",
  "cp package.json vendor/package.json",
  "echo changed by setup > src/kept.txt",
].join("\n");
const report =
  "cat vendor/made; cat vendor/package.json src/kept.txt; ls src; cat vendor/poison 2>/dev/null; echo x > vendor/poison";

let bench: Workbench;
beforeAll(async () => {
  bench = await openEvidenceBench(
    { "package.json": "{}\n", "src/kept.txt": "from the tree\n", "src/deleted.txt": "" },
    { command: report, format: "exit-code", retries: 0 },
    { rules: { setup: { command: setup, inputs: ["package.json"] }, ignore: ["vendor"] } },
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

const layers = () => readdirSync(path.join(bench.dataDir, "runner", "layers"));

it("runs that ask at once share one layer, and what one writes into it the next does not see", async () => {
  const [left, right] = await Promise.all([testsOf(bench), testsOf(bench)]);
  const later = await testsOf(bench);
  expect(left.status).toBe("completed");
  expect(left.output).toMatch(/^\d+\n\{\}\nfrom the tree\ndeleted.txt\nkept.txt$/);
  expect([right.output, later.output, right.key]).toEqual([left.output, left.output, left.key]);
  expect(layers()).toHaveLength(1);
});

it("a file that the tree deleted does not come back from the base", async () => {
  const run = await testsOf(bench, await changed(bench, { "src/deleted.txt": null }));
  expect(run.output).toMatch(/from the tree\nkept.txt$/);
  expect(run.dependencyChange).toEqual([]);
  expect(layers()).toHaveLength(1);
});

it("a changed input has a layer of the task's own, and is named", async () => {
  const base = await testsOf(bench);
  const tree = await changed(bench, { "package.json": '{"a":1}\n' });
  const run = await testsOf(bench, tree);
  expect([run.dependencyChange, run.output.split("\n")[1], run.key === base.key]).toEqual([
    ["package.json"],
    '{"a":1}',
    false,
  ]);
  const other = { ...bench.key, taskId: "task_other1" as TaskId };
  const others = await testsOf(bench, tree, { task: other });
  expect(others.output.split("\n")[0]).not.toBe(run.output.split("\n")[0]);
  expect((await testsOf(bench)).output).toBe(base.output);
});

it("a setup that fails is said, and not kept", async () => {
  const before = layers();
  const run = await testsOf(bench, await changed(bench, { "package.json": "broken\n" }));
  expect([run.status, run.exitCode, run.output]).toEqual(["setup_failed", null, "no such package\nsetup: exit code 3"]);
  expect(layers()).toEqual(before);
});

it("layers outlive the runner", async () => {
  const first = await testsOf(bench);
  const again = await testsOf({ ...bench, runner: await bench.reopen() });
  expect(again.output).toBe(first.output);
});
