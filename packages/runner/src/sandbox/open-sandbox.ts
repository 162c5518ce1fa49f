import { PhasegateError, type AssuranceLevel } from "@phasegate/wire";
import { access, constants, mkdir, realpath } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { ProbeResult } from "../port.ts";
import { removeDirectory } from "../tree/remove-directory.ts";
import { BubblewrapSandbox, type BubblewrapOptions } from "./bubblewrap.ts";
import { openControlGroups } from "./control-groups.ts";
import { makeDeviceNodes } from "./device-nodes.ts";
import { DirectSandbox } from "./direct.ts";
import { escapeNames } from "./escape-attempts.ts";
import { adviceForNamespaces, installBubblewrap } from "./installation-advice.ts";
import { writeKernelFilter } from "./kernel-filter.ts";
import { defaultLimits } from "./limits.ts";
import { probeLimits } from "./probe-limits.ts";
import { probeCommands, probeEscapes, probeThrowaway, type ProbeOptions } from "./probe.ts";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";
import { overlayCopies, plainCopies } from "./throwaway.ts";
import { findVisibleHost } from "./visible-host.ts";

const programDirectories = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * The strongest sandbox that this machine holds, as probes found it: `sandboxed` only if every attempt to get out
 * failed. Rejects with `sandbox_unavailable` where `mode` is `required` and that is not so.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  await removeDirectory(options.scratchDir);
  await mkdir(options.scratchDir, { recursive: true, mode: 0o700 });
  const directories = { dataDir: await realpath(options.dataDir), scratchDir: await realpath(options.scratchDir) };
  const parts = await findParts(options, directories);
  const which = options.probesAllLimits === true ? "all" : "processes";
  const sandbox =
    options.mode === "off" ? null : await openBubblewrap(parts, directories, options.bubblewrap ?? "bwrap", which);
  const isHeld = sandbox instanceof BubblewrapSandbox && sandbox.assurance === "sandboxed";
  if (options.mode === "required" && !isHeld) {
    await parts.groups.close();
    throw refusal(sandbox?.probes ?? []);
  }
  if (sandbox instanceof BubblewrapSandbox) return sandbox;
  const direct = {
    ...parts,
    scratchDir: directories.scratchDir,
    copies: plainCopies(directories.scratchDir, parts.spawner),
  };
  const { scratchDir } = directories;
  const limits = which === "all" ? await probeLimits(new DirectSandbox(direct, []), { scratchDir, which }) : [];
  return new DirectSandbox(direct, [...(sandbox?.probes ?? [switchedOff]), ...limits]);
}

const defaultNiceness = 10;

const switchedOff: ProbeResult = {
  name: "commands_run",
  attempt: "run commands in the OS sandbox",
  held: false,
  detail: "switched off by `runner.sandbox: off`",
};

type Parts = Pick<BubblewrapOptions, "host" | "filter" | "groups" | "spawner" | "limits" | "niceness">;

async function findParts(options: SandboxOptions, directories: ProbeOptions): Promise<Parts> {
  const { dataDir, scratchDir } = directories;
  const host = await findVisibleHost({
    environment: options.environment,
    toolchainDirs: options.toolchainDirs ?? [],
    hidden: [dataDir, scratchDir],
    scratchDir,
  });
  const devices = await makeDeviceNodes(options.spawner, join(scratchDir, "devices"));
  return {
    host: { ...host, devices },
    filter: await writeKernelFilter(join(scratchDir, "kernel-filter.bpf")),
    spawner: options.spawner,
    groups: await openControlGroups(),
    limits: { ...defaultLimits, ...options.limits },
    niceness: options.niceness ?? defaultNiceness,
  };
}

/** The sandbox with what probes found, or only the probes where it does not start. */
async function openBubblewrap(
  parts: Parts,
  directories: ProbeOptions,
  name: string,
  which: "processes" | "all",
): Promise<BubblewrapSandbox | { probes: ProbeResult[] }> {
  const program = await findProgram(name);
  if (program === null) return { probes: [notRunning(installBubblewrap)] };
  const overlay = overlayCopies(directories.scratchDir, process.getuid?.() === 0);
  const plain = plainCopies(directories.scratchDir, parts.spawner);
  const trial = (copies: BubblewrapOptions["copies"]): BubblewrapSandbox =>
    new BubblewrapSandbox({ ...parts, program, copies }, { assurance: "mediated", separateUser: false, probes: [] });

  const runs = await probeCommands(trial(plain), directories);
  if (!runs.held) return { probes: [notRunning(await adviceForNamespaces(runs.detail))] };
  const [overlayProbe, escapes, limits] = await Promise.all([
    probeThrowaway(trial(overlay), directories),
    probeEscapes(trial(plain), directories),
    probeLimits(trial(plain), { scratchDir: directories.scratchDir, which }),
  ]);
  const copies = overlayProbe.held ? overlay : plain;
  const throwaway = overlayProbe.held ? overlayProbe : await probeThrowaway(trial(plain), directories);
  const filtered = filterProbe(parts.filter);
  const probes = [
    runs,
    ...escapes,
    filtered,
    { ...throwaway, detail: `${throwaway.detail} (${copies.kind})` },
    ...limits,
  ];
  const assurance: AssuranceLevel = [...escapes, filtered].every((probe) => probe.held) ? "sandboxed" : "mediated";
  const separateUser = escapes.some((probe) => probe.name === "read_data_directory" && probe.held);
  return new BubblewrapSandbox({ ...parts, program, copies }, { assurance, separateUser, probes });
}

function notRunning(detail: string): ProbeResult {
  return { name: "commands_run", attempt: "run a command in bubblewrap", held: false, detail };
}

/** Bubblewrap runs nothing when it cannot set the filter, so that one which is there held for the other probes. */
function filterProbe(filter: string | null): ProbeResult {
  return {
    name: "kernel_filter",
    attempt: "use the kernel's keyrings, or sockets between virtual machines",
    held: filter !== null,
    detail: filter === null ? `no filter of system calls is known for ${process.arch}` : "no such calls",
  };
}

function refusal(probes: readonly ProbeResult[]): PhasegateError {
  const gating: readonly string[] = ["commands_run", "kernel_filter", ...escapeNames];
  const failed = probes.filter((probe) => !probe.held && gating.includes(probe.name));
  const said = failed.map((probe) => `\`${probe.name}\`: ${probe.detail}`).join("; ");
  return new PhasegateError("sandbox_unavailable", `the OS sandbox does not hold here: ${said}`, {
    hint: "set `runner.sandbox: auto` to run at the level that is left",
  });
}

async function findProgram(name: string): Promise<string | null> {
  const candidates = isAbsolute(name) ? [name] : programDirectories.map((directory) => join(directory, name));
  for (const path of candidates) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}
