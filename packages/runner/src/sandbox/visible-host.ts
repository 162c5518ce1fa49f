import { constants, type Stats } from "node:fs";
import { access, lstat, mkdir, readdir, readlink, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { VisibleHost } from "./bubblewrap-arguments.ts";
import { findToolchains } from "./toolchains.ts";
import type { ReadOnlyMount } from "./sandbox.ts";

const topLevel = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** Files of /etc that programs need to start, resolve names and trust certificates; none holds a secret. */
const etcNames = [
  "alternatives",
  "ca-certificates",
  "ca-certificates.conf",
  "debian_version",
  "fonts",
  "gai.conf",
  "host.conf",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "locale.conf",
  "localtime",
  "magic",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "perl",
  "pki/ca-trust/extracted",
  "pki/tls/cert.pem",
  "pki/tls/certs",
  "protocols",
  "python3",
  "resolv.conf",
  "services",
  "ssl/cert.pem",
  "ssl/certs",
  "ssl/openssl.cnf",
  "timezone",
];
const etcPatterns = [/^java-\d+-openjdk$/, /^python3\.\d+$/];

const passwd = [
  "root:x:0:0:root:/nonexistent:/usr/sbin/nologin",
  "agent:x:1000:1000:agent:/tmp/home:/bin/sh",
  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
].join("\n");
const group = ["root:x:0:", "agent:x:1000:", "nogroup:x:65534:"].join("\n");

export interface VisibleHostOptions {
  /** The server's variables; PATH is read, and where managers of toolchains such as rustup have their homes. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly toolchainDirs: readonly string[];
  /** Directories of which nothing may become visible: the data directory, the workspaces. */
  readonly hidden: readonly string[];
  /** Where the sandbox's own passwd and group are written. */
  readonly scratchDir: string;
}

/** The list of what commands see of this host: system programs, named files of /etc, and toolchains. */
export async function findVisibleHost(options: VisibleHostOptions): Promise<Omit<VisibleHost, "devices">> {
  const mounts: ReadOnlyMount[] = [{ source: "/usr" }];
  const links: { path: string; target: string }[] = [];
  for (const name of topLevel) {
    const path = `/${name}`;
    const found = await statOrNull(path);
    if (found?.isSymbolicLink()) links.push({ path, target: await readlink(path) });
    else if (found?.isDirectory()) mounts.push({ source: path });
  }
  mounts.push(...(await etcMounts()), ...(await accountFiles(options.scratchDir)));
  const toolchains = await findToolchains(options);
  mounts.push(...toolchains.mounts, ...(await emptyFiles(options.scratchDir, toolchains.covered)));
  return { mounts, links, path: toolchains.path, environment: toolchains.environment };
}

async function etcMounts(): Promise<ReadOnlyMount[]> {
  const names = [...etcNames];
  for (const name of await readdir("/etc")) if (etcPatterns.some((pattern) => pattern.test(name))) names.push(name);
  const mounts: ReadOnlyMount[] = [];
  for (const name of names) {
    const path = join("/etc", name);
    const source = await realpath(path).catch(() => null);
    if (source === null || !(await isReadable(source))) continue;
    mounts.push({ source, target: path });
  }
  return mounts;
}

async function accountFiles(scratchDir: string): Promise<ReadOnlyMount[]> {
  const directory = join(scratchDir, "etc");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const mounts: ReadOnlyMount[] = [];
  for (const [name, content] of Object.entries({ passwd, group })) {
    await writeFile(join(directory, name), `${content}\n`, { mode: 0o644 });
    mounts.push({ source: join(directory, name), target: `/etc/${name}` });
  }
  return mounts;
}

/** A file without content in place of each of `targets`. */
async function emptyFiles(scratchDir: string, targets: readonly string[]): Promise<ReadOnlyMount[]> {
  const source = join(scratchDir, "etc", "empty");
  await writeFile(source, "", { mode: 0o644 });
  return targets.map((target) => ({ source, target }));
}

async function isReadable(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) return false;
    await access(path, constants.R_OK);
    return isAbsolute(dirname(path));
  } catch {
    return false;
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  return await lstat(path).catch(() => null);
}
