import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openMemoryLedger } from "@phasegate/ledger";
import { openRunner } from "@phasegate/runner";
import { PhasegateError, type Place } from "@phasegate/wire";
import { takeOperatorKey } from "./auth/first-key.ts";
import { takeTokenSecret } from "./auth/phase-tokens.ts";
import type { Config } from "./config/config.ts";
import { examineDataDirectory, examineWorkspaces } from "./config/data-directory.ts";
import { createIds, systemClock } from "./ids.ts";
import { requireKnownLedger } from "./open-ledger.ts";
import { runnerOptions } from "./runner-options.ts";
import { examineLogFile } from "./telemetry/log-output.ts";
import { readWebhooks } from "./webhooks/webhook.ts";
import { refuseOpenNetwork, workflowFiles } from "./workflows/configured-workflows.ts";
import { LedgerWorkflowRegistry } from "./workflows/workflow-registry.ts";

export interface ExamineStartOptions {
  readonly config: Config;
  /** Left as it is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * Everything else that would stop a server that started with this configuration: secrets, folders, the log file, the
 * workflow files, git, a sandbox that is required. Opens no ledger and no port, and makes nothing that stays.
 */
export async function examineStart(options: ExamineStartOptions): Promise<readonly Place[]> {
  const { config, env, cwd } = options;
  const { logging, security, events, storage, runner } = config;
  const attempts: readonly (readonly [string, () => unknown])[] = [
    ["storage.url", () => requireKnownLedger(storage.url)],
    ["storage.data_dir", () => examineDataDirectory(storage.data_dir)],
    ["runner.workspaces_dir", () => runner.workspaces_dir !== null && examineWorkspaces(runner.workspaces_dir)],
    ["logging.file", () => logging.file !== null && examineLogFile(resolve(cwd, logging.file))],
    ["security.jwt_secret_env_var", () => takeTokenSecret({ security, env: { ...env } })],
    ["PHASEGATE_OPERATOR_KEY", () => takeOperatorKey({ ...env })],
    ["events.webhooks", () => readWebhooks(events.webhooks, env)],
    ["workflow.file", () => examineWorkflows(config, cwd)],
    ["runner.sandbox", () => examineRunner(options)],
  ];
  const found: Place[] = [];
  for (const [place, attempt] of attempts) {
    try {
      await attempt();
    } catch (error) {
      found.push(...placesOf(error, place));
    }
  }
  return found;
}

async function examineWorkflows(config: Config, cwd: string): Promise<void> {
  const clock = systemClock;
  const workflows = new LedgerWorkflowRegistry({ ledger: openMemoryLedger(), clock, ids: createIds(clock) });
  await workflows.open(workflowFiles(config, cwd));
  for (const workflow of await workflows.configured()) refuseOpenNetwork(workflow, config.security.auth);
}

async function examineRunner({ config, env }: ExamineStartOptions): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "phasegate-validate-"));
  try {
    const runner = await openRunner({
      ...runnerOptions(config),
      dataDir,
      workspacesDir: null,
      // Only one that is required stops a start; to try the other takes seconds.
      sandbox: config.runner.sandbox === "required" ? "required" : "off",
      environment: { PATH: env["PATH"] },
    });
    await runner.close();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function placesOf(error: unknown, place: string): readonly Place[] {
  if (!(error instanceof PhasegateError)) throw error;
  const { findings } = error.extras;
  return findings !== undefined && findings.length > 0
    ? (findings as readonly Place[])
    : [{ place, message: error.message }];
}
