import { resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { openRunner, toolchainVariables } from "@phasegate/runner";
import type { Runner, RunnerCapabilities, SlotUse } from "@phasegate/runner";
import { assuranceSuffices } from "@phasegate/wire";
import type { CompiledWorkflow, Diagnostic } from "@phasegate/workflow";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { AuditExport } from "./audit/audit-export.ts";
import { makeExportFolder } from "./audit/export-folder.ts";
import { PayloadRetention } from "./audit/payload-retention.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { ensureFirstKey } from "./auth/first-key.ts";
import type { FirstKey } from "./auth/first-key.ts";
import { type HeadSigner, openHeadSigner } from "./auth/head-signer.ts";
import { KeyRing } from "./auth/key-ring.ts";
import { openPhaseTokens } from "./auth/phase-tokens.ts";
import { openLedger } from "./open-ledger.ts";
import { recordRestore } from "./backup/restore-notice.ts";
import type { Config } from "./config/config.ts";
import { prepareDataDirectory, prepareWorkspaces } from "./config/data-directory.ts";
import { ConfigEvents } from "./config/config-events.ts";
import { ConfigManager } from "./config/config-manager.ts";
import type { Clock, ServerContext } from "./context.ts";
import { createHttpApp } from "./http/app.ts";
import { ClockWatch } from "./health/clock-watch.ts";
import { Readiness } from "./health/readiness.ts";
import type { HealthFacts } from "./http/health-routes.ts";
import { listen } from "./http/listen.ts";
import { Load } from "./http/load.ts";
import { Turns } from "./http/turns.ts";
import { approvalTimeoutHandler } from "./approvals/approval-timeout-job.ts";
import { evidenceJobHandler } from "./evidence/evidence-job.ts";
import { RunCache } from "./evidence/run-cache.ts";
import { RunProgress } from "./evidence/run-progress.ts";
import { Dispatcher } from "./jobs/dispatcher.ts";
import { phaseTimeoutHandler } from "./jobs/phase-timeout-job.ts";
import { createIds, systemClock } from "./ids.ts";
import { Operations } from "./operations/operations.ts";
import { allRoutes } from "./routes.ts";
import { runnerOptions } from "./runner-options.ts";
import { createLogger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { openTracing } from "./telemetry/tracing.ts";
import { watchServer } from "./telemetry/watch-server.ts";
import { serverBreakers } from "./breakers/server-breakers.ts";
import { serveEventSocket } from "./events/event-socket.ts";
import { EventBus } from "./events/event-bus.ts";
import { SystemStream } from "./events/system-stream.ts";
import { DeadLetters } from "./webhooks/dead-letters.ts";
import { readWebhooks, removeSecrets, type Webhook } from "./webhooks/webhook.ts";
import { Webhooks } from "./webhooks/webhooks.ts";
import { LeaseKeeper } from "./tasks/lease-keeper.ts";
import { StoreKeeper } from "./tasks/store-keeper.ts";
import { Leases } from "./tasks/lease.ts";
import { recover } from "./tasks/recovery.ts";
import { TaskStore } from "./tasks/task-store.ts";
import { OpenIntents } from "./tools/open-intents.ts";
import { triggerHandlers } from "./triggers/trigger-job.ts";
import { refuseOpenNetwork, workflowFiles } from "./workflows/configured-workflows.ts";
import { LedgerWorkflowRegistry } from "./workflows/workflow-registry.ts";

export interface StartOptions {
  readonly configFile?: string;
  /** Secrets are deleted from it once they are read. */
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  /** From the command line: `server.port` to value. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** `--write-key FILE` */
  readonly writeKeyFile?: string;
  /** False: there is no terminal to show a made operator key on, so none is made. Default true. */
  readonly canShowKey?: boolean;
  /** Injected in tests. */
  readonly clock?: Clock;
  /** Directories of toolchains outside /usr that commands may read, besides those found through PATH. */
  readonly toolchainDirs?: readonly string[];
  /** For tests: an answer without the shape that its route promises is a fault. */
  readonly checkAnswers?: boolean;
}

export interface RunningServer {
  readonly url: string;
  /** As it was at the start. */
  readonly config: Config;
  readonly configuration: ConfigManager;
  /** Events inside the process, for programs that hold a server. */
  readonly events: EventBus;
  readonly firstKey: FirstKey;
  readonly capabilities: RunnerCapabilities;
  /** Of the configuration and of the workflow files; none stops the start. */
  readonly warnings: readonly string[];
  /** What the workflow asks for and this machine does not give: its tasks do not run. Null when all is given. */
  readonly missingAssurance: string | null;
  /** Ends leases that are over, now. A timer does it every second. */
  sweepLeases(): Promise<void>;
  /** Removes workspaces and stored contents that nobody needs any more, now. A timer does it every hour. */
  removeUnused(): Promise<void>;
  /** Erases the bodies of tasks that ended longer than `audit.payload_days` ago, now; answers how many. */
  eraseExpired(): Promise<number>;
  /** On SIGHUP: opens the log file again and reads the configuration again; what is wrong is logged and changes nothing. */
  reload(): Promise<void>;
  /** Answers what is under way, ends what runs, closes the ledger. */
  close(): Promise<void>;
}

/**
 * Starts a server, or throws PhasegateError saying what is missing, with nothing left running. Parts are opened in the
 * order in which they need each other and closed in the reverse one.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const opened: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.toReversed()) await close();
  };
  try {
    return await open(options, opened, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function open(
  options: StartOptions,
  opened: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<RunningServer> {
  const clock = options.clock ?? systemClock;
  const ids = createIds(clock);
  const configuration = new ConfigManager({
    ...(options.configFile === undefined ? {} : { file: options.configFile }),
    env: options.env,
    overrides: options.overrides ?? {},
    cwd: options.cwd,
  });
  const config = configuration.get();
  const dataDir = config.storage.data_dir;
  prepareDataDirectory(dataDir);
  if (config.runner.workspaces_dir !== null) prepareWorkspaces(config.runner.workspaces_dir);
  const { log, reopen: reopenLog, close: closeLog } = createLogger(config.logging, options.cwd);
  opened.push(async () => closeLog());
  configuration.subscribe(() => (log.level = configuration.get("logging").level));
  const metrics = createMetrics();
  const tracing = await openTracing({ endpoint: config.telemetry.otlp_endpoint, version: manifest.version });
  opened.push(() => tracing.close());
  const turns = new Turns(() => performance.now());
  const ledger = await openLedger(config.storage, { observer: metrics.ledger, othersWait: () => turns.haveOthers });
  opened.push(() => ledger.close());
  const system = new SystemStream({ ledger, clock });
  const configEvents = new ConfigEvents({ ledger, system, ids });
  configuration.recordTo(configEvents, (error) =>
    log.error({ err: error }, "a change of the configuration was not followed"),
  );
  const isRestored = await recordRestore({ ledger, system, ids, metrics, log }, dataDir);
  const signer = await openHeadSigner(dataDir);
  const tokens = await openPhaseTokens({ security: config.security, dataDirectory: dataDir, env: options.env, clock });
  const keys = await KeyRing.open({ ledger, clock, ids, log });
  opened.push(() => keys.close());
  const firstKey = await ensureFirstKey({
    keys,
    env: options.env,
    writeKeyFile: options.writeKeyFile ?? null,
    canShowKey: options.canShowKey ?? true,
  });
  let slots: SlotUse = { busy: 0, waiting: 0, limit: 0 };
  const runner = await openRunner({
    ...runnerOptions(config),
    onSlots: (changed) => (slots = changed),
    environment: toolchainVariables(options.env),
    toolchainDirs: options.toolchainDirs ?? [],
  });
  opened.push(() => runner.close());
  const workflows = new LedgerWorkflowRegistry({ ledger, clock, ids });
  const diagnostics = await workflows.open(workflowFiles(config, options.cwd));
  const missingAssurance = await checkWorkflows(workflows, runner, config);

  const receivers = readWebhooks(config.events.webhooks, options.env);
  removeSecrets(config.events.webhooks, options.env);
  const context = buildContext(configuration, receivers, {
    ledger,
    runner,
    workflows,
    tokens,
    keys,
    clock,
    ids,
    log,
    metrics,
    tracing,
    system,
    signHead: (head) => signer.sign(head),
  });
  const auditExport = openAuditExport(context, options.cwd, (head) => signer.sign(head));
  if (auditExport) opened.push(() => auditExport.close());
  watchServer(metrics.instruments, { ...context, slots: () => slots, auditExport });
  const retention = new PayloadRetention(context);
  opened.push(() => retention.rounds.close());
  const health = await healthFacts(workflows, runner);
  const clockWatch = new ClockWatch(
    () => clock.now(),
    () => performance.now(),
  );
  const load = new Load({ config: () => context.config, metrics, turns });
  opened.push(async () => load.close());
  const readiness = new Readiness(context, clockWatch, load);
  opened.push(async () => readiness.close());
  await recover(context);
  // Bodies whose time ended after the backup was made are not shown again.
  if (isRestored) await retention.erase();
  await configEvents.started(configuration.settings());
  const keeper = new LeaseKeeper(context);
  opened.push(() => keeper.rounds.close());
  opened.push(() => context.openIntents.rounds.close());
  const storeKeeper = new StoreKeeper(context);
  opened.push(() => storeKeeper.rounds.close());
  const events = new EventBus({
    ledger,
    maxHistory: config.events.max_history,
    onTrouble: ({ event, error }) => log.error({ err: error, event: event.id }, "a handler of events failed"),
  });
  opened.push(() => events.close());
  await events.start();
  const authenticator = createAuthenticator(config.security.auth, keys);
  const app: FastifyInstance = createHttpApp({
    context,
    routes: allRoutes({
      keys,
      configuration,
      metrics: config.telemetry.metrics ? metrics : null,
      health: () => health,
      details: () => ({ readiness, capabilities: runner.capabilities, missingAssurance, slots: () => slots }),
    }),
    authenticator,
    metrics,
    load,
    checkAnswers: options.checkAnswers ?? false,
  });
  serveEventSocket(app, { context, authenticator, turns });
  opened.push(() => app.close());
  opened.push(() => context.jobs.close());
  opened.push(() => context.operations.close());
  const url = await listen(app, config.server);
  for (const { rounds } of [keeper, context.openIntents, storeKeeper, retention]) rounds.start();
  auditExport?.start();
  opened.push(() => context.webhooks.close());
  await context.webhooks.start();
  context.jobs.start();
  return {
    url,
    config,
    configuration,
    events,
    firstKey,
    capabilities: runner.capabilities,
    warnings: [...configuration.warnings.map(warningText), ...diagnostics.map(warningText)],
    missingAssurance,
    sweepLeases: () => keeper.sweep(),
    reload: () => reloadAll(configuration, log, reopenLog),
    removeUnused: () => storeKeeper.keep(),
    eraseExpired: () => retention.erase(),
    close: closeAll,
  };
}

async function reloadAll(configuration: ConfigManager, log: Logger, reopenLog: () => void): Promise<void> {
  try {
    reopenLog();
  } catch (error) {
    log.error({ err: error }, "the log file could not be opened again");
  }
  try {
    const { changes } = await configuration.reload();
    log.info({ changed: changes.map((change) => change.key) }, "the configuration was read again");
  } catch {
    // It is logged where it was found, for every caller.
  }
}

/** Null where `audit.export_file` is not set. */
function openAuditExport(
  { ledger, log, metrics, config }: ServerContext,
  cwd: string,
  signHead: HeadSigner["sign"],
): AuditExport | null {
  const { export_file: exportFile, rotate_size_mb: rotateSizeMb } = config.audit;
  if (exportFile === null) return null;
  const file = resolve(cwd, exportFile);
  makeExportFolder(file);
  return new AuditExport({
    ledger,
    log,
    file,
    rotateBytes: rotateSizeMb * 1024 ** 2,
    signHead,
    onFailure: () => metrics.exportFailed(),
  });
}

type ContextParts = Omit<
  ServerContext,
  "config" | "tasks" | "operations" | "leases" | "openIntents" | "jobs" | "runs" | "progress" | "breakers" | "webhooks"
>;

/** The context holds parts that themselves need it; they are made last. */
function buildContext(configuration: ConfigManager, receivers: readonly Webhook[], parts: ContextParts): ServerContext {
  const context = {
    ...parts,
    get config() {
      return configuration.get();
    },
    operations: new Operations(parts.clock),
    runs: new RunCache(),
    progress: new RunProgress(parts.clock),
    breakers: serverBreakers(configuration.get().circuit_breaker, parts.log),
  } as { -readonly [Key in keyof ServerContext]: ServerContext[Key] };
  context.tasks = new TaskStore(context);
  context.leases = new Leases(context);
  context.openIntents = new OpenIntents(context);
  context.webhooks = openWebhooks(context, receivers);
  context.jobs = new Dispatcher(context, [
    evidenceJobHandler(context),
    approvalTimeoutHandler(context),
    phaseTimeoutHandler(context),
    ...triggerHandlers(context),
  ]);
  return context;
}

function openWebhooks(context: Omit<ServerContext, "webhooks">, receivers: readonly Webhook[]): Webhooks {
  const { ledger, clock, ids, log, system, breakers } = context;
  return new Webhooks(receivers, {
    ledger,
    clock,
    log,
    breakers,
    retry: () => context.config.retry,
    deadLetters: new DeadLetters({ ledger, ids, system }),
    random: Math.random,
  });
}

/** The repository of each configured workflow must have a base to start from; the assurance is reported, not refused. */
async function checkWorkflows(
  workflows: LedgerWorkflowRegistry,
  runner: Runner,
  config: Config,
): Promise<string | null> {
  const missing: string[] = [];
  for (const workflow of await workflows.configured()) {
    const { assurance, workspace, name } = workflow.normalized;
    await runner.resolveBase({ repository: workflows.repositoryOf(workflow), ref: workspace.base, workflow });
    refuseOpenNetwork(workflow, config.security.auth);
    if (!assuranceSuffices(runner.capabilities.assurance, assurance)) {
      missing.push(`\`${name}\` asks for \`${assurance}\`, this machine gives \`${runner.capabilities.assurance}\``);
    }
  }
  return missing.length === 0 ? null : missing.join("; ");
}

async function healthFacts(workflows: LedgerWorkflowRegistry, runner: Runner): Promise<HealthFacts> {
  const workflow = await workflows.get(workflows.defaultDigest);
  return {
    workflowLoaded: workflow !== null,
    enforcementMode: workflow?.normalized.mode ?? null,
    assurance: runner.capabilities.assurance,
    separateUser: runner.capabilities.separateUser,
    guarantees: runner.capabilities.probes,
    selfReportedChecks: workflow === null ? [] : selfReportedChecks(workflow),
  };
}

function selfReportedChecks(workflow: CompiledWorkflow): string[] {
  const uses = [...workflow.phases.values()].flatMap((phase) => [
    ...phase.artifacts.flatMap((artifact) => artifact.validation),
    ...phase.exits.flatMap((exit) => exit.gates.flatMap((gate) => gate.checks)),
  ]);
  return [...new Set(uses.filter((use) => use.selfReported).map((use) => use.definition.name))].sort();
}

function warningText(diagnostic: Pick<Diagnostic, "place" | "message">): string {
  return `${diagnostic.place}: ${diagnostic.message}`;
}
