import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const bench = fileURLToPath(new URL("../../bench/run.ts", import.meta.url));

test("what a start costs is measured through the spawner and without it, in a small server and in a large one", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [bench, "--smoke", "--only", "spawn"]);
  for (const size of ["a small server", "a server of 100 MB"]) {
    expect(stdout).toMatch(
      new RegExp(`^event loop held by a git call: ${size} +from the server itself +[\\d.]+ `, "m"),
    );
    expect(stdout).toMatch(new RegExp(`^the whole git call: ${size} +from the server itself +[\\d.]+ `, "m"));
  }
});
