import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { keychainKey } from "./keychain.ts";

const server = "http://127.0.0.1:8000";
const directory = mkdtempSync(join(tmpdir(), "phasegate-keychain-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A keychain program that answers one question with a key and every other with failure. */
function install(name: string, question: string): Record<string, string> {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n[ "$*" = "${question}" ] && echo pgk_kept || exit 1\n`);
  chmodSync(path, 0o755);
  return { PATH: `${directory}:${process.env["PATH"] ?? ""}` };
}

test("on Linux the Secret Service is asked for this server's key", async () => {
  const env = install("secret-tool", `lookup service phasegate server ${server}`);
  expect(await keychainKey(server, env, "linux")).toBe("pgk_kept");
  expect(await keychainKey("http://127.0.0.1:9999", env, "linux")).toBeNull();
});

test("on macOS the Keychain is asked for this server's key", async () => {
  const env = install("security", `find-generic-password -s phasegate -a ${server} -w`);
  expect(await keychainKey(server, env, "darwin")).toBe("pgk_kept");
});

test("without a keychain there is no key, and no error", async () => {
  expect(await keychainKey(server, { PATH: "/nonexistent" }, "linux")).toBeNull();
  expect(await keychainKey(server, {}, "win32")).toBeNull();
});
