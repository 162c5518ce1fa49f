import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ledger, openMemoryLedger } from "@phasegate/ledger";
import { serverPrincipalId } from "@phasegate/wire";
import type { FastifyInstance } from "fastify";
import { createAuthenticator } from "../auth/authenticator.ts";
import { ensureFirstKey } from "../auth/first-key.ts";
import { keyRoutes } from "../auth/key-routes.ts";
import { KeyRing } from "../auth/key-ring.ts";
import { openPhaseTokens } from "../auth/phase-tokens.ts";
import { loadConfig } from "../config/load-config.ts";
import type { ServerContext } from "../context.ts";
import { createIds } from "../ids.ts";
import { createLoggerTo } from "../telemetry/logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { noTracing } from "../telemetry/tracing.ts";
import { metricsRoutes } from "../telemetry/metrics-routes.ts";
import { createHttpApp, type HttpLimits } from "./app.ts";
import { type HealthFacts, healthRoutes } from "./health-routes.ts";
import { Load } from "./load.ts";
import type { Route } from "./route.ts";
import type { Turns } from "./turns.ts";

export interface ShellOptions {
  readonly routes?: (parts: { context: ServerContext; keys: KeyRing }) => Route[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<HttpLimits>;
  readonly maxRequestsPerPrincipal?: number;
  readonly turns?: Turns;
}

/** The HTTP shell on a memory ledger, for tests: everything but the use cases. */
export interface Shell {
  readonly app: FastifyInstance;
  readonly ledger: Ledger;
  readonly keys: KeyRing;
  readonly context: ServerContext;
  readonly operatorKey: string;
  readonly agentKey: string;
  readonly time: { now: number };
  readonly logLines: string[];
  /** Listens on a free port; gives `http://127.0.0.1:<port>`. */
  listen(): Promise<string>;
  port(): number;
  close(): Promise<void>;
}

export async function openShell(options: ShellOptions = {}): Promise<Shell> {
  const dataDirectory = mkdtempSync(join(tmpdir(), "phasegate-shell-"));
  const { config } = loadConfig({
    env: {},
    cwd: dataDirectory,
    overrides: { "storage.data_dir": dataDirectory, "server.port": 0, ...options.settings },
  });
  const time = { now: Date.UTC(2030, 0, 1) };
  const clock = { now: () => time.now };
  const ledger = openMemoryLedger();
  const ids = createIds(clock);
  const logLines: string[] = [];
  const log = createLoggerTo({ write: (line) => logLines.push(line) }, "info");
  const tokens = await openPhaseTokens({ security: config.security, dataDirectory, env: {}, clock });
  const keys = await KeyRing.open({ ledger, clock, ids, log });
  const first = await ensureFirstKey({ keys, env: {}, writeKeyFile: null });
  const agent = { name: "agent-1", kind: "agent", roles: ["agent"], owner: null, expiresInSeconds: null } as const;
  const { key: agentKey } = await keys.create(serverPrincipalId, agent);
  // The parts that the shell itself uses; use cases are tested with the whole composition.
  const context = { config, ledger, tokens, keys, clock, ids, log, tracing: noTracing } as unknown as ServerContext;
  const metrics = createMetrics();
  const facts: HealthFacts = {
    workflowLoaded: true,
    enforcementMode: "strict",
    assurance: "mediated",
    separateUser: false,
    guarantees: [],
    selfReportedChecks: [],
  };
  const routes = [
    ...healthRoutes(
      "0.0.0-test",
      () => facts,
      () => ({ require: () => ledger.probe() }),
    ),
    ...metricsRoutes(metrics),
    ...keyRoutes(keys),
    ...(options.routes?.({ context, keys }) ?? []),
  ];
  const authenticator = createAuthenticator(config.security.auth, keys);
  const limits = options.limits ?? {};
  const { maxRequestsPerPrincipal: maxPerPrincipal } = options;
  const load = new Load({
    config: () => config,
    metrics,
    ...(maxPerPrincipal === undefined ? {} : { maxPerPrincipal }),
    ...(options.turns ? { turns: options.turns } : {}),
  });
  const app = createHttpApp({ context, routes, authenticator, metrics, load, limits, checkAnswers: true });
  const port = () => (app.server.address() as AddressInfo).port;
  return {
    app,
    ledger,
    keys,
    context,
    operatorKey: first.status === "made" ? first.key : "",
    agentKey,
    time,
    logLines,
    listen: () => app.listen({ host: "127.0.0.1", port: 0 }),
    port,
    async close() {
      await app.close();
      load.close();
      await keys.close();
      await ledger.close();
    },
  };
}
