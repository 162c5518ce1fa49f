import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../bin/phasegate.mjs", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "phasegate-bin-"));
const pretence = join(directory, "pretence.cjs");

/** The Node that a person's shell finds: not the one that npm scripts put first. */
const path = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((part) => !part.split(sep).includes("node_modules"))
  .join(delimiter);

function run(program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: directory,
    env: { PATH: path, HOME: directory },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  writeFileSync(
    pretence,
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } });\n',
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const version = { status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: "" };

/** It says so to the bin alone, and like an older one it cannot load TypeScript: what the bin starts can. */
describe("the bin, on a Node that says it is older,", () => {
  const start = (...args: string[]) =>
    run(process.execPath, ["--no-experimental-strip-types", "--require", pretence, bin, ...args]);

  test("goes on under the packaged one", () => {
    expect(start("--version")).toEqual(version);
  });

  test("hands on arguments, output and exit code", () => {
    const directly = run(process.execPath, [bin, "lint", "no such file.yaml"]);
    expect(directly.status).not.toBe(0);
    expect(directly.stderr).toContain("no such file.yaml");
    expect(start("lint", "no such file.yaml")).toEqual(directly);
  });
});

test("the bin works on the Node of this machine, whatever its version", () => {
  expect(run("node", [bin, "--version"])).toEqual(version);
});
