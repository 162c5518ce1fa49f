import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openControlGroups } from "./control-groups.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "phasegate-groups-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A file of the one group that a server made below `directory`. */
function fileOfServer(directory: string, file: string): string {
  const [name = ""] = readdirSync(directory).filter((entry) => entry.startsWith("phasegate-"));
  return readFileSync(join(directory, name, file), "utf8");
}

test("all commands together weigh a tenth of one thread of the server, with control groups of version 2", async () => {
  writeFileSync(join(root, "cgroup.subtree_control"), "cpuset cpu io memory pids\n");
  const groups = await openControlGroups(root);
  expect(groups).toMatchObject({ available: true, sharesProcessors: true });
  expect(fileOfServer(root, "cpu.weight")).toBe("10");
  await groups.close();
});

test("all commands together weigh a tenth of one thread of the server, with control groups of version 1", async () => {
  for (const controller of ["pids", "memory", "cpuacct", "cpu"]) {
    mkdirSync(join(root, controller));
    writeFileSync(join(root, controller, "cgroup.procs"), "");
  }
  const groups = await openControlGroups(root);
  expect(groups).toMatchObject({ available: true, sharesProcessors: true });
  expect(fileOfServer(join(root, "cpu"), "cpu.shares")).toBe("102");
  await groups.close();
});

test("commands have no share of the processors where the kernel does not count what they use", async () => {
  for (const controller of ["pids", "memory", "cpu"]) {
    mkdirSync(join(root, controller));
    writeFileSync(join(root, controller, "cgroup.procs"), "");
  }
  const groups = await openControlGroups(root);
  expect(groups).toMatchObject({ available: true, sharesProcessors: false });
  expect(readdirSync(join(root, "cpu"))).toEqual(["cgroup.procs"]);
  await groups.close();
});
