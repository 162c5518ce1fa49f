import { access, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import type { ReadOnlyMount } from "./sandbox.ts";

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const systemTrees = ["/usr", "/bin", "/sbin", "/lib"];
/** Places whose files are state or secrets, whatever PATH says. */
const neverVisible = ["/etc", "/proc", "/sys", "/run", "/dev", "/var", "/tmp", "/boot", "/workspace"];
/** A prefix that holds one of these is an installation of a toolchain and nothing else. */
const certainMarks = ["pyvenv.cfg", "libexec/pyenv"];
/** These also occur in directories such as ~/.local that hold more; they count only further down. */
const likelyMarks = ["lib/node_modules", "include/node", "pkg/tool", "lib/rustlib", "bin/python3", "lib/jvm.cfg"];

export interface ToolchainOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly toolchainDirs: readonly string[];
  readonly hidden: readonly string[];
}

/**
 * Toolchains outside /usr: the Node that runs this server, then what PATH names. Of a directory on PATH its whole
 * prefix is shown where it is known to be an installation, else only the directory. Never the home directory or
 * anything above it, never what holds or lies in a hidden directory.
 */
export async function toolchainMounts(options: ToolchainOptions): Promise<{ mounts: ReadOnlyMount[]; path: string }> {
  const mounts = new Map<string, ReadOnlyMount>();
  const path: string[] = [];
  const home = await realpath(homedir()).catch(() => homedir());
  const forbidden = [...options.hidden, home];

  const show = async (directory: string, trusted: boolean): Promise<boolean> => {
    const real = await realpath(directory).catch(() => null);
    if (real === null || !(await stat(real)).isDirectory()) return false;
    if (systemTrees.some((tree) => isWithin(real, tree))) return true;
    if (!trusted && neverVisible.some((tree) => isWithin(real, tree))) return false;
    if (isAbove(real, forbidden)) return false;
    if (options.hidden.some((secret) => isWithin(real, secret))) return false;
    const prefix = dirname(real);
    const source = !isAbove(prefix, forbidden) && (await isInstallation(prefix, home)) ? prefix : real;
    mounts.set(source, { source });
    if (directory !== real && !isWithin(directory, source) && !isAbove(directory, forbidden)) {
      mounts.set(directory, { source: real, target: directory });
    }
    return true;
  };

  for (const directory of options.toolchainDirs) await show(directory, true);
  const nodeDirectory = dirname(process.execPath);
  if (await show(nodeDirectory, true)) path.push(nodeDirectory);
  for (const entry of (options.environment["PATH"] ?? "").split(":")) {
    if (!isAbsolute(entry) || basename(dirname(entry)) === "node_modules" || path.includes(entry)) continue;
    if (await show(entry, false)) path.push(entry);
  }
  for (const entry of systemPath) if (!path.includes(entry)) path.push(entry);
  return { mounts: withoutNested([...mounts.values()]), path: path.join(":") };
}

async function isInstallation(prefix: string, home: string): Promise<boolean> {
  const marks = dirname(prefix) === home ? certainMarks : [...certainMarks, ...likelyMarks];
  for (const mark of marks) if (await exists(join(prefix, mark))) return true;
  return false;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function isAbove(path: string, places: readonly string[]): boolean {
  return places.some((place) => isWithin(place, path));
}

/** Outer directories first; a mount that lies in another one of the same place is left out. */
function withoutNested(mounts: readonly ReadOnlyMount[]): ReadOnlyMount[] {
  const sorted = mounts.toSorted((left, right) => left.source.length - right.source.length);
  return sorted.filter(
    (mount, index) =>
      mount.target !== undefined ||
      !sorted.slice(0, index).some((outer) => outer.target === undefined && isWithin(mount.source, outer.source)),
  );
}

/** True when `path` is `tree` or below it. */
function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(tree.endsWith(sep) ? tree : tree + sep);
}
