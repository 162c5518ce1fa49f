import { randomUUID } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxLimits } from "./sandbox.ts";
import { killQuietly } from "./supervised-process.ts";

/** A bound on the processes and the memory of one command as a whole. */
interface ControlGroup extends AsyncDisposable {
  /** The argument list that joins the group and then becomes `argv`. */
  launch(argv: readonly string[]): readonly string[];
  /** Kills every process in the group and waits until none is left, at most a few seconds. */
  end(): Promise<void>;
}

/** Makes groups under the kernel's control group tree, of either version; ones without effect where it is not writable. */
export interface ControlGroups {
  readonly available: boolean;
  open(limits: SandboxLimits): Promise<ControlGroup>;
  close(): Promise<void>;
}

const groupPrefix = "phasegate-";

const noGroup: ControlGroup = {
  launch: (argv) => argv,
  end: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const noGroups: ControlGroups = {
  available: false,
  open: () => Promise.resolve(noGroup),
  close: () => Promise.resolve(),
};

interface Layout {
  /** Where groups of a server are made: one directory, or one for each controller in version 1. */
  readonly roots: readonly string[];
  /** Makes the directory of one server usable for groups below it. */
  prepare(directory: string): Promise<void>;
  settings(limits: SandboxLimits): readonly { readonly root: number; readonly file: string; readonly value: string }[];
}

/**
 * The groups that this machine offers. Never rejects: without them the limits of each process still hold. Groups of
 * servers that are gone are removed.
 */
export async function openControlGroups(root = "/sys/fs/cgroup"): Promise<ControlGroups> {
  const layout = (await findSecondVersion(root)) ?? (await findFirstVersion(root));
  if (layout === null) return noGroups;
  const name = `${groupPrefix}${String(process.pid)}-${randomUUID().slice(0, 8)}`;
  const parents = layout.roots.map((directory) => join(directory, name));
  const close = async (): Promise<void> => {
    for (const parent of parents) await removeGroup(parent);
  };
  try {
    for (const directory of layout.roots) await removeAbandoned(directory);
    for (const parent of parents) {
      await mkdir(parent);
      await layout.prepare(parent);
    }
  } catch {
    await close();
    return noGroups;
  }
  return { available: true, open: (limits) => openGroup(layout, parents, limits), close };
}

async function findSecondVersion(root: string): Promise<Layout | null> {
  const controllers = await readFile(join(root, "cgroup.subtree_control"), "utf8").catch(() => "");
  if (!/\bpids\b/.test(controllers) || !/\bmemory\b/.test(controllers)) return null;
  return {
    roots: [root],
    prepare: (directory) => writeFile(join(directory, "cgroup.subtree_control"), "+pids +memory"),
    settings: (limits) => [
      { root: 0, file: "pids.max", value: String(limits.processes) },
      { root: 0, file: "memory.max", value: String(limits.memoryBytes) },
    ],
  };
}

async function findFirstVersion(root: string): Promise<Layout | null> {
  const roots = [join(root, "pids"), join(root, "memory")];
  try {
    for (const directory of roots) await access(join(directory, "cgroup.procs"), constants.W_OK);
  } catch {
    return null;
  }
  return {
    roots,
    prepare: () => Promise.resolve(),
    settings: (limits) => [
      { root: 0, file: "pids.max", value: String(limits.processes) },
      { root: 1, file: "memory.limit_in_bytes", value: String(limits.memoryBytes) },
    ],
  };
}

/** Removes what servers left that were killed; a group that is in use cannot be removed. */
async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = new RegExp(`^${groupPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeGroup(join(directory, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

const joinAndBecome = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

async function openGroup(layout: Layout, parents: readonly string[], limits: SandboxLimits): Promise<ControlGroup> {
  const name = randomUUID();
  const groups = parents.map((parent) => join(parent, name));
  for (const group of groups) await mkdir(group);
  for (const { root, file, value } of layout.settings(limits)) await writeFile(join(groups[root] ?? "", file), value);
  const memberFiles = groups.map((group) => join(group, "cgroup.procs"));
  const end = (): Promise<void> => endMembers(memberFiles);
  return {
    launch: (argv) => ["/bin/sh", "-c", joinAndBecome, "sh", ...memberFiles, "--", ...argv],
    end,
    async [Symbol.asyncDispose]() {
      await end();
      for (const group of groups) await removeGroup(group);
    },
  };
}

async function endMembers(memberFiles: readonly string[]): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const members = new Set<number>();
    for (const file of memberFiles) {
      for (const line of (await readFile(file, "utf8")).split("\n")) if (line !== "") members.add(Number(line));
    }
    if (members.size === 0) return;
    for (const pid of members) if (pid > 0) killQuietly(pid);
    await delay(round < 10 ? 2 : 20);
  }
}

async function removeGroup(group: string): Promise<void> {
  try {
    for (const entry of await readdir(group, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeGroup(join(group, entry.name));
    }
    await rmdir(group);
  } catch {
    // A group that is still in use stays behind empty; it holds nothing and bounds nothing.
  }
}
