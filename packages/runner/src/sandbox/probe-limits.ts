import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ProbeResult } from "../port.ts";
import { defaultLimits, type SandboxLimits } from "./limits.ts";
import type { Sandbox, SandboxResult } from "./sandbox.ts";

interface LimitProbe {
  readonly name: string;
  readonly attempt: string;
  readonly script: string;
  readonly limits: Partial<SandboxLimits>;
  readonly timeoutMs: number;
  held(result: SandboxResult): boolean;
  readonly advice: string;
}

const groups = "as root this needs a writable `/sys/fs/cgroup`; run the server as an ordinary user, or give it one";

const probes: readonly LimitProbe[] = [
  {
    name: "process_limit",
    attempt: "start 64 processes where 16 are allowed",
    script: "for i in $(seq 64); do sleep 5 & done; echo started all",
    limits: { processes: 16 },
    timeoutMs: 3_000,
    held: (result) => !result.stdout.text.includes("started all"),
    advice: `not bounded: ${groups}`,
  },
  {
    name: "memory_limit",
    attempt: "take and hold 256 MiB of memory where 64 MiB are allowed",
    script: "{ head -c 268435456 /dev/zero; sleep 2; } | tail >/dev/null && echo took all",
    limits: { memoryBytes: 64 * 1024 ** 2 },
    timeoutMs: 10_000,
    held: (result) => !result.stdout.text.includes("took all"),
    advice: `not bounded: ${groups}`,
  },
  {
    name: "time_limit",
    attempt: "run on in the background past the time of a command",
    script: "trap '' TERM INT HUP; setsid sleep 30 & sleep 30",
    limits: {},
    timeoutMs: 300,
    held: (result) => result.ended === "timed_out" && result.durationMs < 10_000,
    advice: "a command could not be ended in time",
  },
  {
    name: "output_limit",
    attempt: "print 4 MiB where 1 MiB is allowed",
    script: "head -c 4194304 /dev/zero",
    limits: { printedBytes: 1024 ** 2, outputBytes: 4_096 },
    timeoutMs: 10_000,
    held: (result) => result.limits.includes("output") && result.stdout.text.length < 16_384,
    advice: "not bounded",
  },
  {
    name: "file_limit",
    attempt: "write a file of 4 MiB where 1 MiB is allowed",
    script: "head -c 4194304 /dev/zero > big && echo wrote all",
    limits: { fileBytes: 1024 ** 2 },
    timeoutMs: 10_000,
    held: (result) => !result.stdout.text.includes("wrote all"),
    advice: "not bounded",
  },
];

/**
 * Tries to get past the bounds on commands, all at once, and says what held. `processes`: only the bound that hangs on
 * the machine, since a server is started more often than its machine changes.
 */
export async function probeLimits(
  sandbox: Sandbox,
  options: { readonly scratchDir: string; readonly which: "processes" | "all" },
): Promise<ProbeResult[]> {
  const chosen = options.which === "all" ? probes : probes.filter(({ name }) => name === "process_limit");
  return await Promise.all(chosen.map((probe) => probeLimit(sandbox, options.scratchDir, probe)));
}

async function probeLimit(sandbox: Sandbox, scratchDir: string, probe: LimitProbe): Promise<ProbeResult> {
  const { name, attempt } = probe;
  const workspacePath = join(scratchDir, `probe-${randomUUID()}`);
  await mkdir(workspacePath, { mode: 0o700 });
  try {
    const result = await sandbox.run({
      argv: ["sh", "-c", probe.script],
      workspacePath,
      on: "workspace",
      cwd: "",
      readOnlyMounts: [],
      network: "none",
      timeoutMs: probe.timeoutMs,
      limits: { ...defaultLimits, ...probe.limits },
      signal: new AbortController().signal,
    });
    const held = probe.held(result);
    return { name, attempt, held, detail: held ? "bounded" : probe.advice };
  } catch (error) {
    return { name, attempt, held: false, detail: (error as Error).message };
  } finally {
    await rm(workspacePath, { recursive: true, force: true });
  }
}
