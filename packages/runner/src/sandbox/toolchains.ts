import { access, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import type { ReadOnlyMount } from "./sandbox.ts";
import { credentialFiles, managedToolchains } from "./toolchain-managers.ts";

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const systemTrees = ["/usr", "/bin", "/sbin", "/lib"];
/** Places whose files are state or secrets, whatever PATH says. */
const neverVisible = ["/etc", "/proc", "/sys", "/run", "/dev", "/var", "/tmp", "/boot", "/workspace"];
/** A prefix that holds one of these is an installation of a toolchain and nothing else. */
const certainMarks = ["pyvenv.cfg"];
/** These also occur in directories such as ~/.local that hold more; they count only further down. */
const likelyMarks = ["lib/node_modules", "include/node", "pkg/tool", "lib/rustlib", "bin/python3", "lib/jvm.cfg"];

export interface ToolchainOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly toolchainDirs: readonly string[];
  readonly hidden: readonly string[];
}

export interface Toolchains {
  readonly mounts: readonly ReadOnlyMount[];
  /** Value of PATH. */
  readonly path: string;
  /** Variables without which what is on PATH does not find its toolchain. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files that are visible with their directory and must not be read. */
  readonly covered: readonly string[];
}

/**
 * Toolchains outside /usr: the Node that runs this server, then what PATH names. Of a directory on PATH its whole
 * prefix is shown where it is known to be an installation, else only the directory, and of managers such as rustup
 * the parts of their root that hold toolchains. Never the home directory or anything above it, never what holds or
 * lies in a hidden directory, never a file of credentials.
 */
export async function findToolchains(options: ToolchainOptions): Promise<Toolchains> {
  const mounts = new Map<string, ReadOnlyMount>();
  const path: string[] = [];
  const home = await realpath(homedir()).catch(() => homedir());
  const forbidden = [...options.hidden, home];

  const maySee = (real: string, trusted: boolean): boolean =>
    (trusted || !neverVisible.some((tree) => isWithin(real, tree))) &&
    !isAbove(real, forbidden) &&
    !options.hidden.some((secret) => isWithin(real, secret));

  const showDirectory = async (directory: string, trusted: boolean): Promise<boolean> => {
    const real = await realpath(directory).catch(() => null);
    if (real === null || !(await stat(real)).isDirectory()) return false;
    if (isSystem(real)) return true;
    if (!maySee(real, trusted)) return false;
    const prefix = dirname(real);
    const source = !isAbove(prefix, forbidden) && (await isInstallation(prefix, home)) ? prefix : real;
    mounts.set(source, { source });
    if (directory !== real && !isWithin(directory, source) && !isAbove(directory, forbidden)) {
      mounts.set(directory, { source: real, target: directory });
    }
    return true;
  };

  const showPart = async (part: string): Promise<void> => {
    const real = await realpath(part).catch(() => null);
    if (real === null || isSystem(real) || !maySee(real, false) || isAbove(part, forbidden)) return;
    mounts.set(part, part === real ? { source: real } : { source: real, target: part });
  };

  for (const directory of options.toolchainDirs) await showDirectory(directory, true);
  const nodeDirectory = dirname(process.execPath);
  if (await showDirectory(nodeDirectory, true)) path.push(nodeDirectory);
  for (const entry of (options.environment["PATH"] ?? "").split(":")) {
    if (!isAbsolute(entry) || basename(dirname(entry)) === "node_modules" || path.includes(entry)) continue;
    if (await showDirectory(entry, false)) path.push(entry);
  }
  const managed = await managedToolchains(options.environment, homedir(), path);
  for (const part of managed.parts) await showPart(part);
  for (const entry of systemPath) if (!path.includes(entry)) path.push(entry);
  const visible = withoutNested([...mounts.values()]);
  return {
    mounts: visible,
    path: path.join(":"),
    environment: managed.environment,
    covered: await visibleAt(credentialFiles(options.environment, homedir()), visible),
  };
}

/** Each path under which a command would see one of the files. */
async function visibleAt(files: readonly string[], mounts: readonly ReadOnlyMount[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    const real = await realpath(file).catch(() => null);
    if (real === null) continue;
    if (isSystem(real)) found.push(real);
    for (const { source, target } of mounts) {
      if (isWithin(real, source)) found.push(join(target ?? source, relative(source, real)));
    }
  }
  return found;
}

function isSystem(real: string): boolean {
  return systemTrees.some((tree) => isWithin(real, tree));
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

/**
 * Outer directories first; a mount that lies in another one of the same place is left out. A link that another mount
 * shows leads by itself to what it names, and nothing can be mounted over it.
 */
function withoutNested(mounts: readonly ReadOnlyMount[]): ReadOnlyMount[] {
  const isShown = (link: string, by: ReadOnlyMount): boolean =>
    link !== by.target && isWithin(link, by.target ?? by.source);
  const sorted = mounts
    .map((mount) => {
      const { source, target } = mount;
      return target !== undefined && mounts.some((other) => isShown(target, other)) ? { source } : mount;
    })
    .toSorted((left, right) => left.source.length - right.source.length);
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
