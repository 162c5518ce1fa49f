import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunner } from "./open-runner.ts";

test("the probe tries git and a command anew, so that what went away since the start shows", async () => {
  const root = mkdtempSync(join(tmpdir(), "phasegate-probe-"));
  for (const name of ["git", "sh", "cat"]) {
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(root, name));
  }
  const runner = await openRunner({
    dataDir: join(root, "data"),
    workspacesDir: null,
    sandbox: "off",
    environment: { PATH: root },
  });
  const held = async () => (await runner.probe()).map((probe) => [probe.name, probe.held]);
  expect(await held()).toEqual([
    ["git", true],
    ["commands_run", true],
  ]);
  rmSync(join(root, "git"));
  expect(await held()).toEqual([
    ["git", false],
    ["commands_run", true],
  ]);
  rmSync(join(root, "data", "runner"), { recursive: true });
  expect((await held())[1]).toEqual(["commands_run", false]);
  await runner.close();
  rmSync(root, { recursive: true });
});
