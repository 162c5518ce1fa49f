import { openMemoryLedger } from "../../packages/ledger/src/index.ts";
import { KeyRing } from "../../packages/server/src/auth/key-ring.ts";
import { ConfigManager } from "../../packages/server/src/config/config-manager.ts";
import { openApiDocument } from "../../packages/server/src/http/openapi.ts";
import { createIds, systemClock } from "../../packages/server/src/ids.ts";
import { allRoutes } from "../../packages/server/src/routes.ts";
import { createLoggerTo } from "../../packages/server/src/telemetry/logger.ts";
import { createMetrics } from "../../packages/server/src/telemetry/metrics.ts";
import manifest from "../../packages/server/package.json" with { type: "json" };

/** The OpenAPI document of every route, without a server. */
export async function openApiPage(): Promise<string> {
  const ledger = openMemoryLedger();
  const log = createLoggerTo({ write: () => undefined }, "silent");
  const keys = await KeyRing.open({ ledger, clock: systemClock, ids: createIds(systemClock), log });
  const unused = () => {
    throw new Error("no route is called here");
  };
  const configuration = new ConfigManager({ cwd: import.meta.dirname, env: {} });
  const routes = allRoutes({ keys, configuration, metrics: createMetrics(), health: unused, details: unused });
  await keys.close();
  await ledger.close();
  return `${JSON.stringify(openApiDocument(routes, manifest.version), null, 2)}\n`;
}
