import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLedger } from "@phasegate/ledger";
import { openRunner, toolchainVariables, type ProbeResult, type RunnerCapabilities } from "@phasegate/runner";
import { PhasegateError } from "@phasegate/wire";

/**
 * What this machine can enforce, found by trying to break it on a data directory that exists only for that.
 * Needs no server and no configuration; what cannot be tried did not hold.
 */
export async function examineMachine(options: {
  env: Readonly<Record<string, string | undefined>>;
}): Promise<RunnerCapabilities> {
  const directory = await mkdtemp(join(tmpdir(), "phasegate-doctor-"));
  try {
    const durable = await probeLedger(directory);
    const runner = await probeRunner(directory, options.env);
    return { ...runner, probes: [durable, ...runner.probes] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function probeLedger(directory: string): Promise<ProbeResult> {
  const attempt = "make a decision durable in a new ledger";
  try {
    const ledger = await openSqliteLedger({ file: join(directory, "ledger.sqlite"), durability: "full" });
    try {
      await ledger.probe();
    } finally {
      await ledger.close();
    }
    return { name: "ledger", attempt, held: true, detail: "written and synced to disk" };
  } catch (error) {
    return { name: "ledger", attempt, held: false, detail: messageOf(error) };
  }
}

async function probeRunner(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunnerCapabilities> {
  try {
    const runner = await openRunner({
      dataDir,
      workspacesDir: null,
      sandbox: "auto",
      probesAllLimits: true,
      environment: toolchainVariables(env),
    });
    const { assurance, separateUser, probes } = runner.capabilities;
    await runner.close();
    return { assurance, separateUser, probes };
  } catch (error) {
    const probe = { name: "runner", attempt: "open workspaces and a sandbox", held: false, detail: messageOf(error) };
    return { assurance: "observed", separateUser: false, probes: [probe] };
  }
}

function messageOf(error: unknown): string {
  if (error instanceof PhasegateError && error.extras.hint !== undefined)
    return `${error.message}; ${error.extras.hint}`;
  return error instanceof Error ? error.message : String(error);
}
