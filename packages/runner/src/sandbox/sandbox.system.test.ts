import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultLimits } from "./limits.ts";
import { openSandboxFixture, processesWith, type SandboxFixture } from "./sandboxes.fixture.ts";

/** A number of seconds that no other process sleeps, by which a test finds its own. */
const oddSeconds = (): string => `98${String(randomInt(1e8, 1e9))}`;

describe.each(["required", "off"] as const)("commands at sandbox mode %s", (mode) => {
  let fixture: SandboxFixture;
  beforeAll(async () => {
    fixture = await openSandboxFixture({ mode });
  });
  afterAll(() => fixture.close());

  test("output, error output and exit code come back apart", async () => {
    expect(await fixture.sh("echo out; echo err >&2; exit 7")).toMatchObject({
      ended: "exited",
      exitCode: 7,
      stdout: { text: "out\n", truncated: false },
      stderr: { text: "err\n", truncated: false },
    });
  });

  test("a command runs after one that closed the workspace's own folder", async () => {
    await fixture.sh("chmod 0 .");
    expect(await fixture.sh("pwd > here && echo open; rm here")).toMatchObject({
      exitCode: 0,
      stdout: { text: "open\n" },
    });
  });

  test("the end by a signal is reported as a shell does", async () => {
    expect(await fixture.sh("kill -SEGV $$")).toMatchObject({ ended: "exited", exitCode: 139 });
  });

  test("a command begins in its directory and can write there, as the owner of the workspace", async () => {
    mkdirSync(join(fixture.workspacePath, "sub"), { recursive: true });
    await fixture.sh("echo written > here", { cwd: "sub" });
    const file = join(fixture.workspacePath, "sub", "here");
    expect(readFileSync(file, "utf8")).toBe("written\n");
    expect(statSync(file).uid).toBe(process.getuid?.());
  });

  test("nothing of the server's environment is passed on", async () => {
    process.env["PHASEGATE_OPERATOR_KEY"] = "not-for-agents";
    const { stdout } = await fixture.sh("env", { environment: { CI: "1" } });
    delete process.env["PHASEGATE_OPERATOR_KEY"];
    const names = stdout.text
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    const known = [
      "CARGO_NET_OFFLINE",
      "CI",
      "HOME",
      "LANG",
      "LOGNAME",
      "OLDPWD",
      "PATH",
      "PIP_RETRIES",
      "PHASEGATE_RUN",
      "PWD",
      "SHLVL",
      "TMPDIR",
      "USER",
      "_",
      "npm_config_offline",
      "npm_config_yes",
    ];
    const roots =
      /^(RUSTUP_HOME|RUSTUP_AUTO_INSTALL|PYENV_ROOT|RBENV_ROOT|SDKMAN_DIR|VOLTA_HOME|(ASDF|MISE)_DATA_DIR)$/;
    expect(names.filter((name) => !roots.test(name ?? "") && !known.includes(name ?? ""))).toEqual([]);
    expect(names).toContain("CI");
  });

  test("standard input is empty, and output can be opened again by name", async () => {
    expect(await fixture.sh("cat; echo named > /dev/stderr; echo again > /dev/stdout")).toMatchObject({
      stdout: { text: "again\n" },
      stderr: { text: "named\n" },
    });
  });

  test("a command that runs past its time is ended with all it started, and keeps what it printed", async () => {
    const seconds = oddSeconds();
    const script = `echo first; sleep ${seconds} & setsid sleep ${seconds} & (trap '' TERM INT HUP; sleep ${seconds}); true`;
    const result = await fixture.sh(script, { timeoutMs: 1_500 });
    expect(result).toMatchObject({ ended: "timed_out", stdout: { text: "first\n" } });
    expect(result.durationMs).toBeLessThan(30_000);
    expect(processesWith(seconds)).toEqual([]);
  });

  test("nothing in the background outlives a command that ended by itself", async () => {
    const seconds = oddSeconds();
    const script = `sleep ${seconds} & setsid sleep ${seconds} >/dev/null 2>&1 & (setsid nohup sleep ${seconds} &) ; echo done`;
    const result = await fixture.sh(script);
    expect(result).toMatchObject({ ended: "exited", exitCode: 0, stdout: { text: "done\n" } });
    expect(processesWith(seconds)).toEqual([]);
  });

  test("an abort ends a command, also one that has not begun", async () => {
    const seconds = oddSeconds();
    const controller = new AbortController();
    const running = fixture.sh(`touch started; sleep ${seconds}`, { signal: controller.signal });
    await expect.poll(() => existsSync(join(fixture.workspacePath, "started"))).toBe(true);
    controller.abort();
    expect(await running).toMatchObject({ ended: "aborted" });
    expect(await fixture.sh(`sleep ${seconds}`, { signal: AbortSignal.abort() })).toMatchObject({ ended: "aborted" });
    expect(processesWith(seconds)).toEqual([]);
  });

  test("output without end is cut, with its first and last part kept", async () => {
    const limits = { ...defaultLimits, outputBytes: 1000 };
    const { stdout } = await fixture.sh("echo first; yes | head -c 30000000; echo last", { limits });
    expect(stdout.truncated).toBe(true);
    expect(stdout.text.length).toBeLessThan(1_100);
    expect(stdout.text).toMatch(/^first\n[^]*bytes left out[^]*\nlast\n$/);
  });

  test("a process cannot hold more memory than it may", async () => {
    const limits = { ...defaultLimits, memoryBytes: 256 * 1024 ** 2 };
    const result = await fixture.sh("{ head -c 1G /dev/zero; sleep 5; } | tail | wc -c; exit ${PIPESTATUS[1]}", {
      limits,
    });
    expect(result.exitCode).not.toBe(0);
  });

  test("a file cannot grow past its limit, and no core file is written", async () => {
    const limits = { ...defaultLimits, fileBytes: 1024 ** 2 };
    const result = await fixture.sh("head -c 5M /dev/zero > big; ulimit -c", { limits });
    expect(result.stdout.text).toBe("0\n");
    expect(statSync(join(fixture.workspacePath, "big")).size).toBe(1024 ** 2);
  });

  test("what a command does to a throwaway copy vanishes, and nothing of the copy stays", async () => {
    const directory = join(fixture.workspacePath, "kept");
    mkdirSync(directory);
    writeFileSync(join(directory, "file"), "before");
    symlinkSync("file", join(directory, "link"));
    const before = readdirSync(fixture.workspacePath);
    const script = "cat kept/link; rm -r kept; mkdir -m 000 closed; echo new > new; pwd";
    const result = await fixture.sh(script, { on: "throwaway" });
    expect(result.stderr.text).toBe("");
    expect(result.stdout.text).toMatch(/^before\//);
    expect(readdirSync(fixture.workspacePath)).toEqual(before);
    expect(readFileSync(join(directory, "file"), "utf8")).toBe("before");
    expect(readdirSync(fixture.scratchDir).filter((name) => /^(copy|overlay)-/.test(name))).toEqual([]);
  });

  test("the watched files that a command wrote on a throwaway copy are named, also where they hold what they held", async () => {
    const directory = join(fixture.workspacePath, "watched");
    mkdirSync(join(directory, "moved"), { recursive: true });
    const files = ["put-back", "set-back", "gone", "read", "moved/inside"];
    for (const file of files) writeFileSync(join(directory, file), "before");
    const watched = files.map((file) => `watched/${file}`);
    const script =
      "cd watched; cp -p put-back kept; echo evil > put-back; cat kept > put-back; touch -r kept put-back;" +
      " cp -p set-back old; echo evil > set-back; mv old set-back; cat read > unwatched; rm gone;" +
      " mv moved elsewhere; mkdir moved; echo evil > moved/inside; rm -r moved; mv elsewhere moved; exit 3";
    const result = await fixture.sh(script, { on: "throwaway", watched });
    expect([result.exitCode, result.stderr.text]).toEqual([3, ""]);
    // A folder that is moved and put back shows in an overlay only.
    expect(result.written).toEqual(watched.filter((_, at) => at < 3 || (at === 4 && mode === "required")));
    expect(
      (await fixture.sh("cat watched/* > /dev/null; find . > /dev/null", { on: "throwaway", watched })).written,
    ).toEqual([]);
    expect((await fixture.sh("true", { on: "throwaway" })).written).toEqual([]);
    expect(readdirSync(fixture.scratchDir).filter((name) => /^(copy|overlay)-/.test(name))).toEqual([]);
  });

  test("a command finds its home empty, whatever the one before left there", async () => {
    // The Node that runs the tests is shown where it lies; in a checkout below /tmp that is one more name there.
    const shown = process.execPath.startsWith("/tmp/") ? process.execPath.split("/")[2] : "home";
    const script = `ls -A "$HOME" "$TMPDIR" | grep -v -e : -e "^$" -e "^home$" -e "^${shown}$"; echo left > "$HOME/left"; echo left > "$TMPDIR/left"`;
    expect((await fixture.sh(script)).stdout.text).toBe("");
    expect((await fixture.sh(script)).stdout.text).toBe("");
  });

  test("closing ends what runs", async () => {
    const seconds = oddSeconds();
    const other = await openSandboxFixture({ mode });
    const running = other.sh(`touch started; sleep ${seconds}`);
    await expect.poll(() => existsSync(join(other.workspacePath, "started"))).toBe(true);
    await other.close();
    expect(await running).toMatchObject({ ended: "aborted" });
    expect(processesWith(seconds)).toEqual([]);
  });
});

describe("the OS sandbox", () => {
  let fixture: SandboxFixture;
  beforeAll(async () => {
    fixture = await openSandboxFixture();
  });
  afterAll(() => fixture.close());

  test("a fork bomb is bounded and ended", async () => {
    const limits = { ...defaultLimits, processes: 64 };
    const name = `bomb${oddSeconds()}`;
    const result = await fixture.sh(`${name}() { ${name} | ${name} & }; ${name}; sleep 30`, {
      limits,
      timeoutMs: 1_500,
    });
    expect(result.durationMs).toBeLessThan(25_000);
    expect(processesWith(name)).toEqual([]);
  });

  test("a process that clears its environment and leaves its session is ended too", async () => {
    const seconds = oddSeconds();
    await fixture.sh(`env -i setsid sleep ${seconds} >/dev/null 2>&1 & sleep 0.05`);
    expect(processesWith(seconds)).toEqual([]);
  });

  test("the workspace is seen at `/workspace`, and nothing else of the host's data", async () => {
    const { stdout } = await fixture.sh(
      `pwd; ls /; ls ${fixture.root} /home /root /var /run /sys /etc/shadow 2>/dev/null; id -un`,
    );
    expect(stdout.text).toMatch(/^\/workspace\n/);
    expect(stdout.text).toMatch(/\nagent\n$/);
    expect(stdout.text).not.toContain("shadow");
    expect(stdout.text).not.toContain("data");
  });

  test("read-only mounts can be read and not written", async () => {
    const mirror = join(fixture.root, "mirror");
    mkdirSync(mirror);
    writeFileSync(join(mirror, "object"), "object");
    const result = await fixture.sh(`cat ${mirror}/object; echo x > ${mirror}/object`, {
      readOnlyMounts: [{ source: mirror }],
    });
    expect(result).toMatchObject({ exitCode: 1, stdout: { text: "object" } });
    expect(readFileSync(join(mirror, "object"), "utf8")).toBe("object");
  });

  test("writable mounts take reports", async () => {
    const reports = join(fixture.root, "reports");
    mkdirSync(reports);
    await fixture.sh("echo report > /report/out", { writableMounts: [{ source: reports, target: "/report" }] });
    expect(readFileSync(join(reports, "out"), "utf8")).toBe("report\n");
  });

  test("without network there is only an own loopback, with it the host's", async () => {
    const script = "cat /proc/net/dev | grep -c :";
    expect((await fixture.sh(script)).stdout.text).toBe("1\n");
    const host = readFileSync("/proc/net/dev", "utf8")
      .split("\n")
      .filter((line) => line.includes(":")).length;
    expect((await fixture.sh(script, { network: "full" })).stdout.text).toBe(`${String(host)}\n`);
  });

  test("Node and git run inside", async () => {
    const { stdout } = await fixture.sh("node -p process.version && git init -q . && git status --short | wc -l");
    expect(stdout.text).toMatch(new RegExp(`^${process.version}\n`));
  });

  test("a command whose sandbox cannot be set up is an error, not an exit code", async () => {
    const missing = fixture.sh("true", { readOnlyMounts: [{ source: join(fixture.root, "none") }] });
    await expect(missing).rejects.toMatchObject({ code: "sandbox_unavailable" });
  });

  test("a directory that is not there any more is the command's failure, not the sandbox's", async () => {
    await expect(fixture.sh("true", { cwd: "gone" })).rejects.toMatchObject({ code: "tool_failed" });
  });
});

test("closing a sandbox leaves no control group behind", async () => {
  const groups = (): string[] =>
    ["", "pids", "memory"]
      .map((name) => join("/sys/fs/cgroup", name))
      .filter((directory) => existsSync(directory))
      .flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
      .filter((path) => path.includes(`/phasegate-${String(process.pid)}-`));
  const before = groups();
  const other = await openSandboxFixture();
  await other.sh("true");
  await other.close();
  expect(groups()).toEqual(before);
});
