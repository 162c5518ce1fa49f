import { homedir } from "node:os";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findToolchains } from "./toolchains.ts";

// Not below /tmp or /var, of which nothing becomes visible through PATH, wherever this checkout lies.
const checkout = join(import.meta.dirname, "../../../..");
const cache = /^\/(tmp|var)\//.test(checkout) ? join(homedir(), ".cache") : join(checkout, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const root = realpathSync(mkdtempSync(join(cache, "toolchains-")));
afterAll(() => rmSync(root, { recursive: true }));

async function mountsFor(path: readonly string[], hidden: readonly string[] = []): Promise<string[]> {
  const { mounts } = await findToolchains({ environment: { PATH: path.join(":") }, toolchainDirs: [], hidden });
  return mounts.map((mount) => mount.source).filter((source) => source.startsWith(root));
}

function directory(...parts: string[]): string {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

test("the directory of the Node that runs this comes first on PATH", async () => {
  const { path } = await findToolchains({ environment: {}, toolchainDirs: [], hidden: [] });
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
  const { path } = await findToolchains({
    environment: { PATH: `.:bin:${scripts}` },
    toolchainDirs: [],
    hidden: [],
  });
  expect(path).not.toContain(".bin");
  expect(path.split(":").every((entry) => entry.startsWith("/"))).toBe(true);
});

test("state of the system is not shown because PATH names it", async () => {
  const { mounts } = await findToolchains({
    environment: { PATH: "/etc:/var/lib:/run:/proc" },
    toolchainDirs: [],
    hidden: [],
  });
  expect(mounts.filter((mount) => /^\/(etc|var|run|proc)/.test(mount.source))).toEqual([]);
});

describe("a manager of toolchains", () => {
  const files = (...paths: string[]): void => {
    for (const path of paths) {
      directory(join(path, ".."));
      writeFileSync(join(root, path), "");
    }
  };
  const found = (environment: Record<string, string>) =>
    findToolchains({ environment, toolchainDirs: [], hidden: [] }).then(({ mounts, ...rest }) => {
      return { ...rest, shown: mounts.map((mount) => mount.source).filter((source) => source.startsWith(root)) };
    });

  test("is shown with its toolchains, told where they are, and nothing beside them is visible", async () => {
    files(
      "cargo/bin/rustup",
      "cargo/credentials.toml",
      "cargo/registry/index",
      "rust/settings.toml",
      "rust/downloads/a",
    );
    const [toolchains, bin] = [directory("rust", "toolchains"), directory("cargo", "bin")];
    const { shown, environment, covered } = await found({ PATH: bin, RUSTUP_HOME: join(root, "rust") });
    expect(shown).toEqual(expect.arrayContaining([bin, toolchains, join(root, "rust/settings.toml")]));
    expect(shown).toHaveLength(3);
    expect(environment).toEqual({ RUSTUP_HOME: join(root, "rust"), RUSTUP_AUTO_INSTALL: "0" });
    expect(covered).toEqual([]);
  });

  test("is left out where PATH leads to none of its programs", async () => {
    const { shown, environment } = await found({ PATH: directory("plain", "bin"), RUSTUP_HOME: join(root, "rust") });
    expect(shown).toEqual([join(root, "plain/bin")]);
    expect(environment).not.toHaveProperty("RUSTUP_HOME");
  });

  test("is known by a directory of PATH below its root, a link included", async () => {
    files("sdk/candidates/maven/3/bin/mvn", "sdk/candidates/maven/3/lib/maven.jar", "sdk/etc/config");
    symlinkSync("3", join(root, "sdk/candidates/maven/current"));
    const { shown, path } = await found({
      PATH: join(root, "sdk/candidates/maven/current/bin"),
      SDKMAN_DIR: join(root, "sdk"),
    });
    expect(shown).toEqual([join(root, "sdk/candidates")]);
    expect(path.split(":")).toContain(join(root, "sdk/candidates/maven/current/bin"));
  });

  test.each([
    ["a hidden directory", () => [join(root, "secret")] as const, () => join(root, "secret/rust")],
    ["what holds the home directory", () => [] as const, () => join(root, "up")],
  ])("cannot show %s through the variable of its root", async (_, hidden, home) => {
    files("secret/rust/toolchains/key", "cargo2/bin/rustup");
    directory("up");
    rmSync(join(root, "up/toolchains"), { force: true });
    symlinkSync(dirname(homedir()), join(root, "up/toolchains"));
    const environment = { PATH: join(root, "cargo2/bin"), RUSTUP_HOME: home() };
    const { mounts } = await findToolchains({ environment, toolchainDirs: [], hidden: hidden() });
    const kept = (source: string) => source === dirname(homedir()) || source.startsWith(join(root, "secret"));
    expect(mounts.map((mount) => mount.source)).toContain(join(root, "cargo2/bin"));
    expect(mounts.map((mount) => mount.source).filter(kept)).toEqual([]);
  });

  test("whose credentials lie where a directory is shown has those covered", async () => {
    files("shared/bin/cargo", "shared/credentials.toml");
    const environment = { PATH: "", CARGO_HOME: join(root, "shared") };
    const { covered } = await findToolchains({ environment, toolchainDirs: [join(root, "shared")], hidden: [] });
    expect(covered).toEqual([join(root, "shared/credentials.toml")]);
  });
});
