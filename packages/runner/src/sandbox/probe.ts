import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProbeResult } from "../port.ts";
import { escapeNames, type EscapeName, type EscapeReport, type EscapeTargets } from "./escape-attempts.ts";
import { defaultLimits } from "./limits.ts";
import type { Sandbox, SandboxCommand } from "./sandbox.ts";

const attemptsFile = fileURLToPath(new URL("./escape-attempts.ts", import.meta.url));
const attemptsTarget = "/tmp/escape-attempts.ts";
const probeTimeoutMs = 30_000;

const attempted: Record<EscapeName, string> = {
  remount: "mount `/`, `/usr` or `/proc` again as writable, or something else on `/workspace`",
  unmount: "unmount `/workspace` or `/usr`",
  user_namespace: "create a user namespace, which gives capabilities back",
  read_data_directory: "read a file of the data directory that only the server's user may read",
  other_tasks: "read a file of another task's workspace",
  unix_socket: "connect to a unix socket of the host",
  abstract_socket: "connect to an abstract unix socket of the host",
  loopback: "connect to a port on the host's loopback address",
  metadata_address: "find a way to the address at which clouds hand out credentials",
  host_processes: "see the server's process",
  server_environment: "read the server's environment",
  write_outside: "write outside `/workspace` and `/tmp`",
  kernel_settings: "open a kernel setting for writing",
  device_nodes: "change the mode of a device node of the host",
  capabilities: "hold a capability, or gain one by a setuid program",
  open_descriptors: "use a descriptor that the server has open",
};

export interface ProbeOptions {
  readonly dataDir: string;
  readonly scratchDir: string;
}

/**
 * Tries to get out of a sandbox in each known way, from within and without network, and says what held. An attempt
 * that could not be made did not hold.
 */
export async function probeEscapes(sandbox: Sandbox, options: ProbeOptions): Promise<ProbeResult[]> {
  const directory = join(options.scratchDir, `probe-${randomUUID()}`);
  const workspacePath = join(directory, "workspace");
  await mkdir(workspacePath, { recursive: true, mode: 0o700 });
  const otherTaskFile = join(directory, "other-task", "file");
  await mkdir(dirname(otherTaskFile), { mode: 0o700 });
  const secretFile = join(options.dataDir, `probe-${randomUUID()}`);
  const secret = randomUUID();
  await writeFile(secretFile, secret, { mode: 0o600, flag: "wx" });
  await writeFile(otherTaskFile, secret);
  const outsideFiles = [options.dataDir, dirname(workspacePath), dirname(options.dataDir)].map((closed) =>
    join(closed, `.phasegate-probe-${randomUUID()}`),
  );
  const socketDirectory = await mkdtemp(join(shortTemporaryDirectory(), "phasegate-"));
  const socketPath = join(socketDirectory, "socket");
  const servers = await Promise.all([
    listen({ path: socketPath }),
    listen({ path: `\0phasegate-${secret}` }),
    listen({ host: "127.0.0.1", port: 0 }),
  ]);
  try {
    const targets: EscapeTargets = {
      secretFile: await realpath(secretFile),
      secret,
      otherTaskFile: await realpath(otherTaskFile),
      otherTaskSecret: secret,
      socketPath,
      abstractSocket: `phasegate-${secret}`,
      port: (servers[2].address() as AddressInfo).port,
      commandLine: (await readFile("/proc/self/cmdline", "utf8")).replace(/\0+$/, ""),
      mountNamespace: await readlink("/proc/self/ns/mnt"),
      outsideFiles,
      outsideContent: secret,
    };
    const report = await runAttempts(sandbox, workspacePath, targets);
    const written = await firstWritten(outsideFiles);
    return escapeResults(
      written === null || typeof report === "string" ? report : { ...report, write_outside: written },
    );
  } finally {
    for (const server of servers) server.close();
    for (const file of [secretFile, ...outsideFiles]) await rm(file, { force: true });
    await rm(directory, { recursive: true, force: true });
    await rm(socketDirectory, { recursive: true, force: true });
  }
}

/** Of files that only the sandbox can have made, the first that is there: its own `/tmp` may have folders of the same paths. */
async function firstWritten(files: readonly string[]): Promise<string | null> {
  for (const file of files) {
    const isThere = await lstat(file).then(
      () => true,
      (error: unknown) => (error as NodeJS.ErrnoException).code !== "ENOENT",
    );
    if (isThere) return file;
  }
  return null;
}

/** The address of a unix socket has 107 bytes at most (unix(7)), which a data directory may well exceed. */
function shortTemporaryDirectory(): string {
  return tmpdir().length <= 60 ? tmpdir() : "/tmp";
}

async function runAttempts(
  sandbox: Sandbox,
  workspacePath: string,
  targets: EscapeTargets,
): Promise<EscapeReport | string> {
  const isConfined = sandbox.workspacePathSeen(workspacePath) !== workspacePath;
  const result = await sandbox.run({
    ...plainCommand(workspacePath),
    argv: [process.execPath, isConfined ? attemptsTarget : attemptsFile, JSON.stringify(targets)],
    readOnlyMounts: [{ source: attemptsFile, target: attemptsTarget }],
  });
  try {
    return JSON.parse(result.stdout.text) as EscapeReport;
  } catch {
    return `the attempts could not be made: ${lastLine(result.stderr.text)}`;
  }
}

function escapeResults(report: EscapeReport | string): ProbeResult[] {
  return escapeNames.map((name) => {
    const attempt = attempted[name];
    if (typeof report === "string") return { name, attempt, held: false, detail: report };
    const got = report[name];
    if (got === null) return { name, attempt, held: true, detail: "refused" };
    return { name, attempt, held: false, detail: typeof got === "string" ? `got out: \`${got}\`` : "no answer" };
  });
}

/** Whether commands run at all, and can write their workspace. */
export async function probeCommands(sandbox: Sandbox, options: Pick<ProbeOptions, "scratchDir">): Promise<ProbeResult> {
  const attempt = "run a command that writes a file in its workspace";
  try {
    return await inWorkspace(options, async (workspacePath) => {
      const script = "echo written > file && cat file";
      const result = await sandbox.run({ ...plainCommand(workspacePath), argv: ["sh", "-c", script] });
      const held = result.exitCode === 0 && (await readFile(join(workspacePath, "file"), "utf8")) === "written\n";
      return { name: "commands_run", attempt, held, detail: held ? "it ran" : lastLine(result.stderr.text) };
    });
  } catch (error) {
    return { name: "commands_run", attempt, held: false, detail: (error as Error).message };
  }
}

/** Whether what a command does to a throwaway copy vanishes, deletions and renamed directories included. */
export async function probeThrowaway(sandbox: Sandbox, options: ProbeOptions): Promise<ProbeResult> {
  const attempt = "change a throwaway copy, and find the workspace as before";
  return await inWorkspace(options, async (workspacePath) => {
    await mkdir(join(workspacePath, "directory"));
    await writeFile(join(workspacePath, "directory", "file"), "before");
    const script = "mv directory moved && mkdir directory && rm moved/file && echo after > new && test ! -e moved/file";
    try {
      const result = await sandbox.run({ ...plainCommand(workspacePath), on: "throwaway", argv: ["sh", "-c", script] });
      const names = await readdir(workspacePath, { recursive: true });
      const held = result.exitCode === 0 && names.sort().join() === "directory,directory/file";
      return { name: "throwaway", attempt, held, detail: held ? "it vanished" : lastLine(result.stderr.text) };
    } catch (error) {
      return { name: "throwaway", attempt, held: false, detail: (error as Error).message };
    }
  });
}

async function inWorkspace<Result>(
  options: Pick<ProbeOptions, "scratchDir">,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const workspacePath = join(options.scratchDir, `probe-${randomUUID()}`);
  await mkdir(workspacePath, { mode: 0o700 });
  try {
    return await use(workspacePath);
  } finally {
    await rm(workspacePath, { recursive: true, force: true });
  }
}

function plainCommand(workspacePath: string): Omit<SandboxCommand, "argv"> {
  return {
    workspacePath,
    on: "workspace",
    cwd: "",
    readOnlyMounts: [],
    network: "none",
    timeoutMs: probeTimeoutMs,
    limits: defaultLimits,
    signal: new AbortController().signal,
  };
}

async function listen(address: { path: string } | { host: string; port: number }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(address);
  await once(server, "listening");
  server.unref();
  return server;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}
