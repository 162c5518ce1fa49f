import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { probeEscapes } from "./probe.ts";
import { openSandboxFixture, type SandboxFixture } from "./sandboxes.fixture.ts";

let fixture: SandboxFixture | null = null;
afterEach(async () => {
  await fixture?.close();
  fixture = null;
});

test("every attempt to get out of the OS sandbox is made and fails", async () => {
  fixture = await openSandboxFixture({ mode: "auto" });
  expect(fixture.sandbox.probes.filter((probe) => !probe.held)).toEqual([]);
  expect(fixture.sandbox.probes.map((probe) => probe.name)).toEqual([
    "commands_run",
    "remount",
    "unmount",
    "user_namespace",
    "read_data_directory",
    "other_tasks",
    "unix_socket",
    "abstract_socket",
    "loopback",
    "metadata_address",
    "host_processes",
    "server_environment",
    "write_outside",
    "kernel_settings",
    "device_nodes",
    "capabilities",
    "open_descriptors",
    "kernel_filter",
    "throwaway",
    "process_limit",
  ]);
  expect(fixture.sandbox).toMatchObject({ assurance: "sandboxed", separateUser: true });
});

test("the same attempts succeed where there is no OS sandbox, so they prove something", async () => {
  fixture = await openSandboxFixture({ mode: "off" });
  const probes = await probeEscapes(fixture.sandbox, fixture);
  const out = probes.filter((probe) => !probe.held).map((probe) => probe.name);
  // The attempts on mounts are not made on the host's own: that they could be is what is found.
  expect(probes.filter((probe) => probe.name.endsWith("mount")).map((probe) => probe.detail)).toEqual([
    "got out: `the server's own mount namespace`",
    "got out: `the server's own mount namespace`",
  ]);
  expect(out).toEqual(
    expect.arrayContaining([
      "read_data_directory",
      "other_tasks",
      "unix_socket",
      "abstract_socket",
      "loopback",
      "host_processes",
      "server_environment",
      "write_outside",
      "capabilities",
    ]),
  );
});

test("probing leaves nothing in the data directory", async () => {
  fixture = await openSandboxFixture();
  expect(readdirSync(fixture.dataDir)).toEqual(["scratch"]);
  // Only root owns the host's device nodes, and needs others in their place.
  const devices = process.getuid?.() === 0 ? ["devices"] : [];
  expect(readdirSync(fixture.scratchDir).sort()).toEqual([...devices, "etc", "kernel-filter.bpf"]);
});

test("a toolchain beside the data directory makes a folder inside, which is none of the host's", async () => {
  const root = mkdtempSync(join(tmpdir(), "phasegate-beside-"));
  try {
    const [dataDir, tools] = [join(root, "data"), join(root, "tools")];
    for (const directory of [dataDir, tools]) mkdirSync(directory, { mode: 0o755 });
    const scratchDir = join(dataDir, "scratch");
    fixture = await openSandboxFixture({ mode: "auto", dataDir, scratchDir, toolchainDirs: [tools] });
    expect(fixture.sandbox.probes.filter((probe) => !probe.held)).toEqual([]);
    expect(fixture.sandbox.assurance).toBe("sandboxed");
    expect((await fixture.sh(`echo > ${root}/written && ls ${root}`)).stdout.text).toBe("tools\nwritten\n");
    expect(readdirSync(root).sort()).toEqual(["data", "tools"]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("without bubblewrap it is `mediated`, and the probe says what to install", async () => {
  fixture = await openSandboxFixture({ mode: "auto", bubblewrap: "/nowhere/bwrap" });
  expect(fixture.sandbox).toMatchObject({ assurance: "mediated", separateUser: false });
  expect(fixture.sandbox.probes).toMatchObject([{ name: "commands_run", held: false }]);
  expect(fixture.sandbox.probes[0]?.detail).toContain("apt-get install bubblewrap");
});

test("where the OS sandbox is required and is not there, nothing opens", async () => {
  await expect(openSandboxFixture({ bubblewrap: "/nowhere/bwrap" })).rejects.toMatchObject({
    code: "sandbox_unavailable",
    message: expect.stringContaining("bubblewrap is not installed") as string,
  });
});

test("a bubblewrap that cannot make namespaces is told from a missing one", async () => {
  fixture = await openSandboxFixture({ mode: "auto", bubblewrap: "/bin/false" });
  expect(fixture.sandbox.assurance).toBe("mediated");
  expect(fixture.sandbox.probes[0]?.detail).not.toContain("not installed");
});

/** A bubblewrap to which `change` is done before it starts, in sh: the options are the arguments. */
async function sandboxWeakenedBy(change: string): Promise<SandboxFixture> {
  const program = join(mkdtempSync(join(tmpdir(), "phasegate-weak-")), "bwrap");
  writeFileSync(program, `#!/bin/sh\n${change}\nexec bwrap "$@"\n`, { mode: 0o755 });
  return await openSandboxFixture({ mode: "auto", bubblewrap: program });
}

/** Each option passes through `case`, which puts what is to stand there on the end. */
const eachOption = (cases: string): string =>
  `for flag; do shift; case "$flag" in ${cases} *) set -- "$@" "$flag" ;; esac; done`;

const protections: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a network of its own",
    eachOption('--unshare-all) set -- "$@" --unshare-pid --unshare-uts --unshare-ipc ;;'),
    ["abstract_socket", "loopback"],
  ],
  [
    "mounts of its own choice",
    eachOption(`--) set -- "$@" --bind ${tmpdir()} ${tmpdir()} -- ;;`),
    ["read_data_directory", "other_tasks", "unix_socket", "write_outside"],
  ],
  ["processes of its own", eachOption('--proc) set -- "$@" --ro-bind /proc ;;'), ["host_processes"]],
];

test.each(protections)("without %s the attempts on it succeed, and it is not `sandboxed`", async (_, change, names) => {
  fixture = await sandboxWeakenedBy(change);
  const out = fixture.sandbox.probes.filter((probe) => !probe.held).map((probe) => probe.name);
  expect(out).toEqual(expect.arrayContaining([...names]));
  expect(fixture.sandbox.assurance).toBe("mediated");
});

/** A process title is written over the environment that /proc shows; this leaves something of it to be read. */
const longEnvironment = { PADDING: "x".repeat(1_000) };

const isRoot = process.getuid?.() === 0;
const repository = join(import.meta.dirname, "../../../..");
/** Any number will do: user ids need no account. */
const asOrdinaryUser = ["--reuid", "64321", "--regid", "64321", "--clear-groups"];
const canRead = isRoot && spawnSync("setpriv", [...asOrdinaryUser, process.execPath, "--version"]).status === 0;

test.runIf(canRead)("all of this holds for a server that is an ordinary user", () => {
  const home = mkdtempSync(join(tmpdir(), "phasegate-home-"));
  chownSync(home, 64321, 64321);
  const vitest = join(repository, "node_modules/vitest/vitest.mjs");
  const files = ["sandbox.system.test.ts", "probe.system.test.ts"].map((name) => join(import.meta.dirname, name));
  const run = spawnSync(
    "setpriv",
    [
      ...asOrdinaryUser,
      process.execPath,
      vitest,
      "run",
      "--project",
      "system",
      "--cache=false",
      "--configLoader",
      "native",
      "--reporter=dot",
      ...files,
    ],
    { cwd: repository, encoding: "utf8", env: { PATH: "/usr/bin:/bin", HOME: home, ...longEnvironment } },
  );
  rmSync(home, { recursive: true });
  expect(run.stdout + run.stderr).toMatch(/ passed/);
  expect(run.stdout + run.stderr).not.toMatch(/ failed/);
  expect(run.status).toBe(0);
});
