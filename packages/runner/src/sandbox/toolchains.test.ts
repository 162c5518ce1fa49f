import { homedir } from "node:os";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { toolchainMounts } from "./toolchains.ts";

// Not below /tmp or /var, of which nothing becomes visible through PATH, wherever this checkout lies.
const checkout = join(import.meta.dirname, "../../../..");
const cache = /^\/(tmp|var)\//.test(checkout) ? join(homedir(), ".cache") : join(checkout, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const root = realpathSync(mkdtempSync(join(cache, "toolchains-")));
afterAll(() => rmSync(root, { recursive: true }));

async function mountsFor(path: readonly string[], hidden: readonly string[] = []): Promise<string[]> {
  const { mounts } = await toolchainMounts({ environment: { PATH: path.join(":") }, toolchainDirs: [], hidden });
  return mounts.map((mount) => mount.source).filter((source) => source.startsWith(root));
}

function directory(...parts: string[]): string {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

test("the directory of the Node that runs this comes first on PATH", async () => {
  const { path } = await toolchainMounts({ environment: {}, toolchainDirs: [], hidden: [] });
  expect(path.split(":")[0]).toBe(dirname(process.execPath));
});

test("of an unknown directory on PATH only itself is shown", async () => {
  const bin = directory("plain", "bin");
  expect(await mountsFor([bin])).toEqual([bin]);
});

test("an installation is shown from its prefix on", async () => {
  const bin = directory("venv", "bin");
  writeFileSync(join(root, "venv", "pyvenv.cfg"), "");
  expect(await mountsFor([bin])).toEqual([join(root, "venv")]);
});

test("what holds, or lies in, a hidden directory is never shown", async () => {
  const data = directory("data", "secrets");
  const inside = directory("data", "secrets", "bin");
  expect(await mountsFor([directory("data"), inside, root], [data])).toEqual([]);
});

test("relative entries and package scripts on PATH are left out", async () => {
  const scripts = directory("node_modules", ".bin");
  const { path } = await toolchainMounts({
    environment: { PATH: `.:bin:${scripts}` },
    toolchainDirs: [],
    hidden: [],
  });
  expect(path).not.toContain(".bin");
  expect(path.split(":").every((entry) => entry.startsWith("/"))).toBe(true);
});

test("state of the system is not shown because PATH names it", async () => {
  const { mounts } = await toolchainMounts({
    environment: { PATH: "/etc:/var/lib:/run:/proc" },
    toolchainDirs: [],
    hidden: [],
  });
  expect(mounts.filter((mount) => /^\/(etc|var|run|proc)/.test(mount.source))).toEqual([]);
});
