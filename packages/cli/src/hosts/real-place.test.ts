import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { placeInWorkspace, realPlace } from "./real-place.ts";

const home = realpathSync(mkdtempSync(join(tmpdir(), "phasegate-place-")));
const workspace = join(home, "workspace");
mkdirSync(join(workspace, "src"), { recursive: true });
mkdirSync(join(workspace, "test"));
symlinkSync(workspace, join(home, "link"));
symlinkSync("../test", join(workspace, "src", "tests"));
symlinkSync("/nowhere/at/all", join(workspace, "src", "dangling"));
afterAll(() => rmSync(home, { recursive: true }));

test("a path inside is relative to the workspace, whichever way it is written", () => {
  for (const path of ["src/a.js", `${workspace}/src/a.js`, `${home}/link/src/a.js`, "./src/../src/a.js"]) {
    expect(placeInWorkspace(path, workspace, workspace)).toBe("src/a.js");
  }
  expect(placeInWorkspace("new/deep/a.js", join(home, "link"), workspace)).toBe("new/deep/a.js");
  expect(placeInWorkspace(".", workspace, workspace)).toBe(".");
});

test("a path outside stays absolute, for the server to refuse", () => {
  expect(placeInWorkspace("../other.js", workspace, workspace)).toBe(join(home, "other.js"));
  expect(placeInWorkspace("/etc/passwd", workspace, workspace)).toBe("/etc/passwd");
});

test("folders that are links are followed, the last part is left to the server", () => {
  expect(placeInWorkspace("src/tests/a.js", workspace, workspace)).toBe("test/a.js");
  expect(placeInWorkspace("src/dangling", workspace, workspace)).toBe("src/dangling");
});

test("where text and links lead to two places, neither is chosen", () => {
  expect(() => placeInWorkspace("src/tests/../a.js", workspace, workspace)).toThrow("it cannot be told where");
});

test("what is no path leads nowhere", () => {
  expect(() => realPlace("/tmp\0")).toThrow("it cannot be told where `/tmp\\u0000` leads");
  expect(() => realPlace(`/${"a".repeat(5_000)}`)).toThrow("it cannot be told where");
});
