import { randomUUID } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LimitName, SandboxLimits } from "./limits.ts";
import { ticksPerSecond } from "./process-tree.ts";
import { ProcessorShare, type ProcessorWeight, type SharedProcessors } from "./processor-share.ts";
import { killQuietly } from "../spawner/end-processes.ts";

/** A bound on the processes and the memory of one command as a whole. */
export interface ControlGroup extends AsyncDisposable {
  /** The argument list that joins the group and then becomes `argv`. */
  launch(argv: readonly string[]): readonly string[];
  /** Kills every process in the group and waits until none is left, at most a few seconds. */
  end(): Promise<void>;
  /** The bounds that the kernel held against the command so far. */
  exceeded(): Promise<LimitName[]>;
  /** Processor time of all its processes, ended ones too; null where the kernel does not count it. */
  cpuSeconds(): Promise<number | null>;
}

/** Makes groups under the kernel's control group tree, of either version; ones without effect where it is not writable. */
export interface ControlGroups {
  readonly available: boolean;
  /** All commands of this server together are held to a share of the processors: see `ProcessorShare`. */
  readonly sharesProcessors: boolean;
  open(limits: SandboxLimits): Promise<ControlGroup>;
  close(): Promise<void>;
}

const groupPrefix = "phasegate-";

const noGroup: ControlGroup = {
  launch: (argv) => argv,
  end: () => Promise.resolve(),
  exceeded: () => Promise.resolve([]),
  cpuSeconds: () => Promise.resolve(null),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const noGroups: ControlGroups = {
  available: false,
  sharesProcessors: false,
  open: () => Promise.resolve(noGroup),
  close: () => Promise.resolve(),
};

/** A file of a group: in which of the layout's roots it is, and its name. */
interface GroupFile {
  readonly root: number;
  readonly file: string;
}

interface Layout {
  /** Where groups of a server are made: one directory, or one for each controller in version 1. */
  readonly roots: readonly string[];
  /** Makes the directory of one server usable for groups below it. */
  prepare(directory: string): Promise<void>;
  settings(limits: SandboxLimits): readonly (GroupFile & { readonly value: string })[];
  /** Counters of refusals: `name N` lines. */
  readonly counters: readonly (GroupFile & { readonly name: string; readonly limit: LimitName })[];
  readonly cpu: (GroupFile & { seconds(text: string): number }) | null;
  /** What all commands of the server together weigh; only where `cpu` counts what they use. */
  readonly weight: (GroupFile & Readonly<Record<ProcessorWeight, string>>) | null;
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
  let share: ProcessorShare | null = null;
  const close = async (): Promise<void> => {
    await share?.close();
    for (const parent of parents) await removeGroup(parent);
  };
  try {
    for (const directory of layout.roots) await removeAbandoned(directory);
    for (const parent of parents) {
      await mkdir(parent);
      await layout.prepare(parent);
    }
    const processors = sharedProcessors(layout, parents);
    await processors?.weigh("light");
    share = processors === null ? null : new ProcessorShare(processors);
  } catch {
    await close();
    return noGroups;
  }
  const sharesProcessors = share !== null;
  return { available: true, sharesProcessors, open: (limits) => openGroup(layout, parents, limits, share), close };
}

function sharedProcessors({ cpu, weight }: Layout, parents: readonly string[]): SharedProcessors | null {
  if (cpu === null || weight === null) return null;
  const fileOf = ({ root, file }: GroupFile): string => join(parents[root] ?? "", file);
  const processors = availableParallelism();
  // What other processors of the machine leave idle is none of ours: with fewer, all count as taken.
  const hasAll = processors === cpus().length;
  return {
    processors,
    async read() {
      const [used, machine] = await Promise.all([readFile(fileOf(cpu), "utf8"), readFile("/proc/stat", "utf8")]);
      return { usedSeconds: cpu.seconds(used), idleSeconds: hasAll ? idleSeconds(machine) : 0 };
    },
    weigh: (heaviness) => writeFile(fileOf(weight), weight[heaviness]),
  };
}

/** Of all processors since the machine began: the idle time and that of waiting for a disk (proc_stat(5)). */
function idleSeconds(stat: string): number {
  const [, idle, waiting] = /^cpu +\d+ \d+ \d+ (\d+) (\d+)/.exec(stat) ?? [];
  if (idle === undefined || waiting === undefined) throw new Error("/proc/stat does not begin with all processors");
  return (Number(idle) + Number(waiting)) / ticksPerSecond;
}

async function findSecondVersion(root: string): Promise<Layout | null> {
  const controllers = await readFile(join(root, "cgroup.subtree_control"), "utf8").catch(() => "");
  if (!/\bpids\b/.test(controllers) || !/\bmemory\b/.test(controllers)) return null;
  const hasCpu = /\bcpu\b/.test(controllers);
  return {
    roots: [root],
    prepare: (directory) =>
      writeFile(join(directory, "cgroup.subtree_control"), `+pids +memory${hasCpu ? " +cpu" : ""}`),
    settings: (limits) => [
      { root: 0, file: "pids.max", value: String(limits.processes) },
      { root: 0, file: "memory.max", value: String(limits.memoryBytes) },
    ],
    counters: [
      { root: 0, file: "memory.events", name: "oom_kill", limit: "memory" },
      { root: 0, file: "pids.events", name: "max", limit: "processes" },
    ],
    cpu: { root: 0, file: "cpu.stat", seconds: (text) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1] ?? 0) / 1e6 },
    weight: hasCpu ? { root: 0, file: "cpu.weight", light: "10", even: "100" } : null,
  };
}

async function findFirstVersion(root: string): Promise<Layout | null> {
  const roots = [join(root, "pids"), join(root, "memory")];
  for (const directory of roots) if (!(await isWritable(directory))) return null;
  const optional = async (controller: string): Promise<number | null> => {
    const directory = join(root, controller);
    return (await isWritable(directory)) ? roots.push(directory) - 1 : null;
  };
  const accounting = await optional("cpuacct");
  const shares = accounting === null ? null : await optional("cpu");
  return {
    roots,
    prepare: () => Promise.resolve(),
    settings: (limits) => [
      { root: 0, file: "pids.max", value: String(limits.processes) },
      { root: 1, file: "memory.limit_in_bytes", value: String(limits.memoryBytes) },
    ],
    counters: [
      { root: 1, file: "memory.oom_control", name: "oom_kill", limit: "memory" },
      { root: 0, file: "pids.events", name: "max", limit: "processes" },
    ],
    cpu:
      accounting === null ? null : { root: accounting, file: "cpuacct.usage", seconds: (text) => Number(text) / 1e9 },
    weight: shares === null ? null : { root: shares, file: "cpu.shares", light: "102", even: "1024" },
  };
}

async function isWritable(directory: string): Promise<boolean> {
  return await access(join(directory, "cgroup.procs"), constants.W_OK).then(
    () => true,
    () => false,
  );
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

async function openGroup(
  layout: Layout,
  parents: readonly string[],
  limits: SandboxLimits,
  share: ProcessorShare | null,
): Promise<ControlGroup> {
  const name = randomUUID();
  const groups = parents.map((parent) => join(parent, name));
  for (const group of groups) await mkdir(group);
  for (const { root, file, value } of layout.settings(limits)) await writeFile(join(groups[root] ?? "", file), value);
  const memberFiles = groups.map((group) => join(group, "cgroup.procs"));
  const end = (): Promise<void> => endMembers(memberFiles);
  share?.enter();
  return {
    launch: (argv) => ["/bin/sh", "-c", joinAndBecome, "sh", ...memberFiles, "--", ...argv],
    end,
    async exceeded() {
      const found = new Set<LimitName>();
      for (const { root, file, name: counter, limit } of layout.counters) {
        const text = await readFile(join(groups[root] ?? "", file), "utf8").catch(() => "");
        if (new RegExp(`^${counter} [1-9]`, "m").test(text)) found.add(limit);
      }
      return [...found];
    },
    async cpuSeconds() {
      if (layout.cpu === null) return null;
      const text = await readFile(join(groups[layout.cpu.root] ?? "", layout.cpu.file), "utf8").catch(() => null);
      return text === null ? null : layout.cpu.seconds(text);
    },
    async [Symbol.asyncDispose]() {
      share?.leave();
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
