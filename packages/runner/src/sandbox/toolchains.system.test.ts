import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSandboxFixture, type SandboxFixture } from "./sandboxes.fixture.ts";
import { toolchainVariables } from "./toolchain-managers.ts";

// Not below /tmp or /var, of which nothing becomes visible through PATH, wherever this checkout lies.
const checkout = join(import.meta.dirname, "../../../..");
const cache = /^\/(tmp|var)\//.test(checkout) ? join(homedir(), ".cache") : join(checkout, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const root = realpathSync(mkdtempSync(join(cache, "managed-")));
afterAll(() => rmSync(root, { recursive: true }));

/** As rustup does: a program on PATH that starts the one of a toolchain, with tokens of registries beside both. */
const files = {
  "cargo/bin/rustup": "",
  "cargo/bin/cargo": '#!/bin/sh\nexec "$RUSTUP_HOME/toolchains/one/bin/cargo" "$@"\n',
  "cargo/credentials.toml": "token-beside-programs\n",
  "rust/settings.toml": "",
  "rust/toolchains/one/bin/cargo": '#!/bin/sh\necho "cargo $1 of one"\n',
  "rust/credentials": "token-beside-toolchains\n",
  "sdk/candidates/maven/3/bin/mvn": '#!/bin/sh\ncat "$(dirname "$0")/../lib/banner"\n',
  "sdk/candidates/maven/3/lib/banner": "maven 3\n",
  "shared/bin/tool": "#!/bin/sh\necho shared\n",
  "shared/credentials.toml": "token-in-shown-directory\n",
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text, { mode: 0o755 });
}

symlinkSync(join(root, "sdk/candidates/maven/3"), join(root, "sdk/candidates/maven/current"));

describe.each(["required", "off"] as const)("at sandbox mode %s", (mode) => {
  let fixture: SandboxFixture;
  beforeAll(async () => {
    const environment = {
      PATH: `${join(root, "cargo/bin")}:${join(root, "sdk/candidates/maven/current/bin")}`,
      RUSTUP_HOME: join(root, "rust"),
      SDKMAN_DIR: join(root, "sdk"),
      CARGO_HOME: join(root, "shared"),
    };
    fixture = await openSandboxFixture({ mode, environment, toolchainDirs: [join(root, "shared")] });
  });
  afterAll(() => fixture.close());

  test("a program that stands in for one of a toolchain finds it", async () => {
    expect(await fixture.sh("cargo test")).toMatchObject({ exitCode: 0, stdout: { text: "cargo test of one\n" } });
  });

  test("a program behind a link finds what lies beside it", async () => {
    expect(await fixture.sh("mvn")).toMatchObject({ exitCode: 0, stdout: { text: "maven 3\n" } });
  });

  test.runIf(mode === "required")("credentials are seen neither beside toolchains nor in what is shown", async () => {
    const seen = await fixture.sh(`cd ${root}; ls cargo rust shared; cat */credentials*; shared/bin/tool`);
    expect(seen.stdout.text).toBe(
      "cargo:\nbin\n\nrust:\nsettings.toml\ntoolchains\n\nshared:\nbin\ncredentials.toml\nshared\n",
    );
  });
});

test("what rustup of this machine puts on PATH runs without any setting", async ({ skip }) => {
  skip(spawnSync("rustup", ["which", "cargo"]).status !== 0, "this machine has no toolchain of rustup");
  const fixture = await openSandboxFixture({ environment: toolchainVariables(process.env) });
  try {
    const result = await fixture.sh("cargo --version && rustc --version");
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: { text: expect.stringMatching(/^cargo 1\..*\nrustc 1\./) as string },
    });
  } finally {
    await fixture.close();
  }
});
