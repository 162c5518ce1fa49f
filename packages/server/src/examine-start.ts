import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { examineLedger, openMemoryLedger } from "@phasegate/ledger";
import { openRunner, toolchainVariables } from "@phasegate/runner";
import { PhasegateError, type Place } from "@phasegate/wire";
import { takeOperatorKey } from "./auth/first-key.ts";
import { takeTokenSecret } from "./auth/phase-tokens.ts";
import { examineExportFolder } from "./audit/export-folder.ts";
import type { Config } from "./config/config.ts";
import { examineDataDirectory, examineWorkspaces } from "./config/data-directory.ts";
import { examineAddress } from "./http/listen.ts";
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

/** What was found, and which parts were looked at. */
export interface StartExamination {
  readonly errors: readonly Place[];
  /** What may be as it should be: the port of a server that runs. */
  readonly warnings: readonly Place[];
  readonly checked: readonly string[];
}

type Attempt = readonly [place: string, checked: string, attempt: () => unknown];

/**
 * Everything else that would stop a server that started with this configuration. What is there is only read; nothing
 * stays that is made here. What a start alone can tell (that the ledger is whole, and not another server's) is left to it.
 */
export async function examineStart(options: ExamineStartOptions): Promise<StartExamination> {
  const { config, env, cwd } = options;
  const { logging, audit, security, events, storage, runner } = config;
  const attempts: readonly Attempt[] = [
    ["storage.url", "back end", () => requireKnownLedger(storage.url)],
    ["storage.data_dir", "data directory", () => examineDataDirectory(storage.data_dir)],
    ["storage.data_dir", "version of the ledger", () => examineLedger(join(storage.data_dir, "ledger.sqlite"))],
    [
      "runner.workspaces_dir",
      "workspaces",
      () => runner.workspaces_dir !== null && examineWorkspaces(runner.workspaces_dir),
    ],
    ["logging.file", "log file", () => logging.file !== null && examineLogFile(resolve(cwd, logging.file))],
    [
      "audit.export_file",
      "folder of the audit export",
      () => audit.export_file !== null && examineExportFolder(resolve(cwd, audit.export_file)),
    ],
    ["security.jwt_secret_env_var", "secret of tokens", () => takeTokenSecret({ security, env: { ...env } })],
    ["PHASEGATE_OPERATOR_KEY", "operator key", () => takeOperatorKey({ ...env })],
    ["events.webhooks", "webhooks", () => readWebhooks(events.webhooks, env)],
    ["workflow.file", "workflow files", () => examineWorkflows(config, cwd)],
    ["runner.sandbox", "git, required sandbox, bases of workflows", () => examineRunner(options)],
  ];
  const errors: Place[] = [];
  for (const [place, , attempt] of attempts) {
    try {
      await attempt();
    } catch (error) {
      errors.push(...placesOf(error, place));
    }
  }
  const taken = await examineAddress(config.server);
  return {
    errors,
    warnings: taken === null ? [] : [{ place: "server.port", message: taken }],
    checked: ["settings", ...attempts.map(([, checked]) => checked), "address"],
  };
}

/** The workflows that a start would load; throws what is wrong with them. */
async function openWorkflows(config: Config, cwd: string): Promise<LedgerWorkflowRegistry> {
  const clock = systemClock;
  const workflows = new LedgerWorkflowRegistry({ ledger: openMemoryLedger(), clock, ids: createIds(clock) });
  await workflows.open(workflowFiles(config, cwd));
  return workflows;
}

async function examineWorkflows(config: Config, cwd: string): Promise<void> {
  const workflows = await openWorkflows(config, cwd);
  for (const workflow of await workflows.configured()) refuseOpenNetwork(workflow, config.security.auth);
}

async function examineRunner({ config, env, cwd }: ExamineStartOptions): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "phasegate-validate-"));
  try {
    const runner = await openRunner({
      ...runnerOptions(config),
      dataDir,
      workspacesDir: null,
      // Only one that is required stops a start; to try the other takes seconds.
      sandbox: config.runner.sandbox === "required" ? "required" : "off",
      environment: toolchainVariables(env),
    });
    try {
      // One that does not load is named already.
      const workflows = await openWorkflows(config, cwd).catch(() => null);
      for (const workflow of (await workflows?.configured()) ?? []) {
        const ref = workflow.normalized.workspace.base;
        const repository = workflows?.repositoryOf(workflow) ?? cwd;
        await runner.resolveBase({ repository, ref, workflow });
      }
    } finally {
      await runner.close();
    }
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
