import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceNode } from "./device-nodes.ts";
import type { SandboxLimits } from "./limits.ts";
import { markerName } from "../spawner/end-processes.ts";
import { sandboxWorkspacePath, type ReadOnlyMount, type SandboxCommand } from "./sandbox.ts";

/** What of the host every command sees, found once at start. */
export interface VisibleHost {
  readonly mounts: readonly ReadOnlyMount[];
  /** Top-level links such as /bin -> usr/bin. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Value of PATH inside. */
  readonly path: string;
  /** Variables that toolchains find themselves by. */
  readonly environment: Readonly<Record<string, string>>;
  /** In place of the host's own, where the server's user owns those. */
  readonly devices: readonly DeviceNode[];
}

const sandboxHome = "/tmp/home";

const confinement = [
  "--unshare-all",
  "--unshare-user",
  "--uid",
  "1000",
  "--gid",
  "1000",
  "--cap-drop",
  "ALL",
  "--disable-userns",
  "--new-session",
  "--die-with-parent",
  "--as-pid-1",
  "--clearenv",
] as const;

const forwarder: ReadOnlyMount = {
  source: fileURLToPath(new URL("../egress/forwarder.ts", import.meta.url)),
  target: "/run/phasegate/forwarder.ts",
};
const proxyTarget = "/run/phasegate/proxy";

const privateBytes = { tmp: 2 * 1024 ** 3, shm: 256 * 1024 ** 2 };

/**
 * The argument list of one bubblewrap call. Only what is listed here is visible inside; `/`, `/dev` and `/proc`
 * are read-only, since as root the caller owns /proc/sys and could write kernel settings. `workspace` is its host path,
 * `marker` that of `SpawnRequest`.
 */
export function bubblewrapArguments(
  command: SandboxCommand,
  host: VisibleHost,
  { workspace, marker }: { readonly workspace: string; readonly marker: string },
): string[] {
  const args: string[] = [...confinement];
  if (command.network === "full") args.push("--share-net");
  args.push("--json-status-fd", "3", "--hostname", "phasegate");
  args.push("--proc", "/proc", "--dev", "/dev");
  for (const device of host.devices) args.push("--dev-bind", device.source, device.target);
  args.push("--perms", "1777", "--size", String(privateBytes.shm), "--tmpfs", "/dev/shm");
  args.push("--perms", "1777", "--size", String(privateBytes.tmp), "--tmpfs", "/tmp");
  args.push("--perms", "0700", "--dir", sandboxHome);
  for (const mount of host.mounts) args.push("--ro-bind", mount.source, mount.target ?? mount.source);
  for (const link of host.links) args.push("--symlink", link.target, link.path);
  const proxied = typeof command.network === "object" ? throughProxy(command.network.proxy) : null;
  for (const mount of [...(proxied?.mounts ?? []), ...command.readOnlyMounts])
    args.push("--ro-bind", mount.source, mount.target ?? mount.source);
  for (const mount of command.writableMounts ?? []) args.push("--bind", mount.source, mount.target);
  args.push("--bind", workspace, sandboxWorkspacePath);
  args.push("--remount-ro", "/dev", "--remount-ro", "/proc", "--remount-ro", "/");
  args.push("--chdir", posix.join(sandboxWorkspacePath, command.cwd));
  // Inside too: a first process that outlives bubblewrap is found by it.
  const environment = { ...sandboxEnvironment(command, host), [markerName]: marker };
  for (const [name, value] of Object.entries(environment)) args.push("--setenv", name, value);
  args.push("--", ...limitedCommand([...(proxied?.argv ?? []), ...command.argv], command.limits));
  return args;
}

/** A network namespace has no way to a proxy but its socket: the command runs under a program that knows it. */
function throughProxy(socket: string): { mounts: readonly ReadOnlyMount[]; argv: readonly string[] } {
  return {
    mounts: [forwarder, { source: socket, target: proxyTarget }],
    argv: [process.execPath, forwarder.target ?? forwarder.source, proxyTarget],
  };
}

/** Without network package managers try for minutes to reach it; told so, they fail at once and name the package. */
const offlineEnvironment = {
  npm_config_offline: "true",
  npm_config_yes: "false",
  CARGO_NET_OFFLINE: "true",
  PIP_RETRIES: "0",
};

function sandboxEnvironment(command: SandboxCommand, host: VisibleHost): Record<string, string> {
  return {
    PATH: host.path,
    HOME: sandboxHome,
    USER: "agent",
    LOGNAME: "agent",
    LANG: "C.UTF-8",
    TMPDIR: "/tmp",
    ...host.environment,
    ...(command.network === "none" ? offlineEnvironment : {}),
    ...command.environment,
  };
}

/**
 * A shell that lowers its own limits and then runs the command and waits for it. As process 1 of the sandbox its
 * end is the end of every other process there. A limit that cannot be set is one that is already lower. Memory is not
 * among them: sanitizers and runtimes reserve terabytes and use little, so the command's group or watch bounds the use.
 */
export function limitedCommand(argv: readonly string[], limits: SandboxLimits): string[] {
  const script = [
    "ulimit -c 0",
    `ulimit -n ${String(limits.openFiles)}`,
    `ulimit -f ${String(Math.ceil(limits.fileBytes / 512))}`,
    `ulimit -t ${String(limits.cpuSeconds)}`,
    `ulimit -u ${String(limits.processes)} || ulimit -p ${String(limits.processes)}`,
  ].map((line) => `{ ${line}; } 2>/dev/null`);
  return ["/bin/sh", "-c", `${script.join("; ")}; "$@"; exit $?`, "sh", ...argv];
}
