/**
 * Runs inside a sandbox, by itself, and tries to get out. Prints one JSON object: for each attempt what it got, or
 * null. Its one argument is the JSON of `EscapeTargets`.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

export interface EscapeTargets {
  /** A file of the data directory that only the server's user may read, and what it holds. */
  readonly secretFile: string;
  readonly secret: string;
  /** A file of another task's workspace, and what it holds. */
  readonly otherTaskFile: string;
  readonly otherTaskSecret: string;
  readonly socketPath: string;
  readonly abstractSocket: string;
  readonly port: number;
  /** The server's command line, its arguments joined by NUL. */
  readonly commandLine: string;
  /** The server's mount namespace, as /proc/self/ns/mnt names it. */
  readonly mountNamespace: string;
  /** Files that must not come to be on the host. The sandbox may have folders of its own at these paths. */
  readonly outsideFiles: readonly string[];
  readonly outsideContent: string;
}

export const escapeNames = [
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
] as const;
export type EscapeName = (typeof escapeNames)[number];
/** Null: held. Else what was got. */
export type EscapeReport = Record<EscapeName, string | null>;

const connectMs = 1_500;

async function attemptAll(targets: EscapeTargets): Promise<EscapeReport> {
  return {
    remount: remount(targets),
    unmount: unmount(targets),
    user_namespace: firstSuccess([
      ["unshare", "--user", "true"],
      ["unshare", "--user", "--map-root-user", "--mount", "true"],
    ]),
    read_data_directory: readSecret(targets.secretFile, targets.secret),
    other_tasks: readSecret(targets.otherTaskFile, targets.otherTaskSecret),
    unix_socket: await reach({ path: targets.socketPath }, targets.socketPath),
    abstract_socket: await reach({ path: `\0${targets.abstractSocket}` }, `@${targets.abstractSocket}`),
    loopback: await reach({ host: "127.0.0.1", port: targets.port }, `127.0.0.1:${String(targets.port)}`),
    metadata_address: (await findRoute("169.254.169.254")) ?? (await findRoute("fd00:ec2::254")),
    host_processes: findServer(targets.commandLine)[0] ?? null,
    server_environment: readServerEnvironment(targets.commandLine),
    write_outside: writeOutside(["/", "/usr", "/etc", "/dev", "/proc"]) ?? writeOnHost(targets),
    device_nodes: changeDeviceNode(),
    kernel_settings: openForWriting([
      "/proc/sys/kernel/core_pattern",
      "/proc/sys/vm/swappiness",
      "/proc/sysrq-trigger",
      "/sys/kernel/uevent_helper",
    ]),
    capabilities: findCapabilities(),
    open_descriptors: findDescriptors(),
  };
}

function remount(targets: EscapeTargets): string | null {
  return (
    sharedMounts(targets) ??
    firstSuccess([
      ["mount", "-o", "remount,rw", "/"],
      ["mount", "-o", "remount,bind,rw", "/usr"],
      ["mount", "-o", "remount,rw", "/proc"],
      ["mount", "-t", "tmpfs", "none", "/workspace"],
    ])
  );
}

function unmount(targets: EscapeTargets): string | null {
  return (
    sharedMounts(targets) ??
    firstSuccess([
      ["umount", "--lazy", "/workspace"],
      ["umount", "--lazy", "/usr"],
    ])
  );
}

/**
 * Why mounts here are the host's own, or would reach them; null where they are certainly not. An attempt on the
 * host's mounts would not fail but break the host, so it is never made: that it could be made is the finding.
 */
function sharedMounts(targets: EscapeTargets): string | null {
  try {
    const namespace = readlinkSync("/proc/self/ns/mnt");
    if (!/^mnt:\[\d+\]$/.test(targets.mountNamespace)) return "the server's mount namespace is unknown";
    if (namespace === targets.mountNamespace) return "the server's own mount namespace";
    if (/ shared:\d+ /.test(readFileSync("/proc/self/mountinfo", "utf8"))) return "mounts that are shared with others";
    return null;
  } catch (error) {
    return `mounts that cannot be told from the host's: ${String(error)}`;
  }
}

function firstSuccess(commands: readonly (readonly [string, ...string[]])[]): string | null {
  for (const [file, ...rest] of commands) {
    const { status, error } = spawnSync(file, rest, { stdio: "ignore", timeout: 5_000 });
    if (error !== undefined) return `no \`${file}\` to try it with`;
    if (status === 0) return `${file} ${rest.join(" ")}`;
  }
  return null;
}

function readSecret(file: string, secret: string): string | null {
  for (const prefix of ["", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../../../../../../../.."]) {
    if (readOrNull(prefix + file)?.includes(secret)) return prefix + file;
  }
  return null;
}

function reach(target: { path: string } | { host: string; port: number }, name: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect(target);
  const finish = (got: string | null): void => {
    socket.destroy();
    resolve(got);
  };
  socket.setTimeout(connectMs, () => finish(null));
  socket.once("connect", () => finish(name));
  socket.once("error", () => finish(null));
  return promise;
}

/**
 * A way to an address at which clouds hand out credentials. It need not answer: only where the kernel knows no way at
 * all could it not, on another machine.
 */
function findRoute(host: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ host, port: 80 });
  const finish = (got: string | null): void => {
    socket.destroy();
    resolve(got);
  };
  socket.setTimeout(connectMs, () => finish(`a route to ${host}`));
  socket.once("connect", () => finish(host));
  socket.once("error", ({ code }: NodeJS.ErrnoException) => {
    const isUnknown = ["ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ENETDOWN"].includes(code ?? "");
    finish(isUnknown ? null : `a route to ${host}`);
  });
  return promise;
}

/** Directories of /proc whose process has the server's command line. */
function findServer(commandLine: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => `/proc/${name}`)
    .filter((directory) => readOrNull(`${directory}/cmdline`)?.replace(/\0+$/, "") === commandLine);
}

function readServerEnvironment(commandLine: string): string | null {
  const files = findServer(commandLine).map((directory) => `${directory}/environ`);
  return files.find((file) => (readOrNull(file) ?? "") !== "") ?? null;
}

function writeOutside(directories: readonly string[]): string | null {
  for (const directory of directories) {
    const file = join(directory, `.phasegate-probe-${String(process.pid)}`);
    try {
      writeFileSync(file, "");
      rmSync(file, { force: true });
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

/** Leaves what it writes: whether it came to be on the host is for the host to see. */
function writeOnHost({ outsideFiles, outsideContent }: EscapeTargets): null {
  for (const file of outsideFiles) {
    try {
      writeFileSync(file, outsideContent);
    } catch {
      continue;
    }
  }
  return null;
}

/** Sets the mode that the node has already: nothing changes, yet only its owner may. */
/** By its name, and through what the command was given. */
function changeDeviceNode(): string | null {
  for (const node of ["/dev/full", ...readdirSync("/proc/self/fd").map((name) => `/proc/self/fd/${name}`)]) {
    try {
      const stats = statSync(node);
      if (!stats.isCharacterDevice()) continue;
      chmodSync(node, stats.mode & 0o7777);
      return node;
    } catch {
      continue;
    }
  }
  return null;
}

function openForWriting(files: readonly string[]): string | null {
  for (const file of files) {
    try {
      closeSync(openSync(file, "r+"));
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

function findCapabilities(): string | null {
  const status = readOrNull("/proc/self/status") ?? "";
  for (const line of status.split("\n")) {
    if (/^Cap(Inh|Prm|Eff|Bnd|Amb):\s*0*[1-9a-f]/.test(line)) return line.replace(/\s+/, " ");
  }
  return /^NoNewPrivs:\s*1$/m.test(status) ? null : "NoNewPrivs: 0";
}

function findDescriptors(): string | null {
  for (const name of readdirSync("/proc/self/fd")) {
    if (Number(name) <= 2) continue;
    const flags = /^flags:\s*([0-7]+)/m.exec(readOrNull(`/proc/self/fdinfo/${name}`) ?? "")?.[1];
    if (flags === undefined || (Number.parseInt(flags, 8) & 0o2000000) !== 0) continue;
    return `descriptor ${name}: ${readlinkSync(`/proc/self/fd/${name}`)}`;
  }
  return null;
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const report = await attemptAll(JSON.parse(process.argv[2] ?? "{}") as EscapeTargets);
  process.stdout.write(JSON.stringify(report));
}
