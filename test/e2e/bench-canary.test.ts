import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const bench = fileURLToPath(new URL("../../bench/run.ts", import.meta.url));

test("what tests that must fail cost an evidence run is measured beside the same run without them", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [bench, "--smoke", "--only", "canary"]);
  expect(stdout).toMatch(/^evidence run with its canary +the run without +[\d,.]+ +[\d,.]+ +ms /mu);
});
