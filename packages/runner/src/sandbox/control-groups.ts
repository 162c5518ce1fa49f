import { randomUUID } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxLimits } from "./sandbox.ts";
import { killQuietly } from "./supervised-process.ts";

/** A bound on the processes and the memory of one command as a whole. */
export interface ControlGroup extends AsyncDisposable {
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
  /** Directories below which groups are made: one, or one for each controller in version 1. */
  readonly parents: readonly string[];
  settings(
    limits: SandboxLimits,
  ): readonly { readonly parent: number; readonly file: string; readonly value: string }[];
}

/** The groups that this machine offers. Never rejects: without them the limits of each process still hold. */
export async function openControlGroups(root = "/sys/fs/cgroup"): Promise<ControlGroups> {
  const layout = await findLayout(root);
  if (layout === null) return noGroups;
  return {
    available: true,
    open: (limits) => openGroup(layout, limits),
    async close() {
      for (const parent of layout.parents) await removeGroup(parent);
    },
  };
}

async function findLayout(root: string): Promise<Layout | null> {
  const name = `phasegate-${String(process.pid)}-${randomUUID().slice(0, 8)}`;
  try {
    const controllers = (await readFile(join(root, "cgroup.subtree_control"), "utf8")).split(/\s+/);
    if (!controllers.includes("pids") || !controllers.includes("memory")) return null;
    const parent = join(root, name);
    await mkdir(parent);
    await writeFile(join(parent, "cgroup.subtree_control"), "+pids +memory");
    return {
      parents: [parent],
      settings: (limits) => [
        { parent: 0, file: "pids.max", value: String(limits.processes) },
        { parent: 0, file: "memory.max", value: String(limits.memoryBytes) },
      ],
    };
  } catch {
    return await findFirstVersionLayout(root, name);
  }
}

async function findFirstVersionLayout(root: string, name: string): Promise<Layout | null> {
  const parents = [join(root, "pids", name), join(root, "memory", name)];
  try {
    for (const parent of parents) {
      await access(join(parent, "..", "cgroup.procs"), constants.W_OK);
      await mkdir(parent);
    }
  } catch {
    for (const parent of parents) await removeGroup(parent);
    return null;
  }
  return {
    parents,
    settings: (limits) => [
      { parent: 0, file: "pids.max", value: String(limits.processes) },
      { parent: 1, file: "memory.limit_in_bytes", value: String(limits.memoryBytes) },
    ],
  };
}

const joinAndBecome = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

async function openGroup(layout: Layout, limits: SandboxLimits): Promise<ControlGroup> {
  const name = randomUUID();
  const groups = layout.parents.map((parent) => join(parent, name));
  for (const group of groups) await mkdir(group);
  for (const { parent, file, value } of layout.settings(limits))
    await writeFile(join(groups[parent] ?? "", file), value);
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
