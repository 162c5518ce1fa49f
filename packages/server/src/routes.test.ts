import { openMemoryLedger } from "@phasegate/ledger";
import { expect, test } from "vitest";
import { KeyRing } from "./auth/key-ring.ts";
import { ConfigManager } from "./config/config-manager.ts";
import type { Access, Route } from "./http/route.ts";
import { createIds, systemClock } from "./ids.ts";
import { allRoutes } from "./routes.ts";
import { createLoggerTo } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";

async function everyRoute(): Promise<Route[]> {
  const ledger = openMemoryLedger();
  const log = createLoggerTo({ write: () => undefined }, "silent");
  const keys = await KeyRing.open({ ledger, clock: systemClock, ids: createIds(systemClock), log });
  const unused = (): never => {
    throw new Error("no route is called here");
  };
  const configuration = new ConfigManager({ cwd: import.meta.dirname, env: {} });
  const routes = allRoutes({ keys, configuration, metrics: createMetrics(), health: unused, details: unused });
  await keys.close();
  await ledger.close();
  return routes;
}

async function routesByAccess(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { access, method, path } of await everyRoute()) (found[nameOf(access)] ??= []).push(`${method} ${path}`);
  return found;
}

function nameOf(access: Access): string {
  if (access.kind === "public") return "anyone";
  if (access.kind === "principal") return access.open ? "any key, or none under open access" : "any key";
  return `${access.person === true ? "a person with " : ""}${access.roles.join(" or ")}`;
}

test("each call is for exactly those that it is meant for", async () => {
  expect(await routesByAccess()).toEqual({
    anyone: [
      "GET /",
      "GET /health",
      "GET /health/live",
      "GET /health/ready",
      "GET /metrics",
      "GET /openapi.json",
      "GET /docs",
    ],
    "any key, or none under open access": [
      "POST /api/v1/tasks/claim",
      "POST /api/v1/tasks/transition",
      "POST /api/v1/tools/execute",
      "GET /api/v1/state/snapshot",
      "GET /api/v1/audit/query",
      "GET /api/v1/audit/recent",
      "GET /api/v1/audit/stats",
    ],
    "any key": [
      "GET /api/v1/tasks",
      "GET /api/v1/tasks/:task_id",
      "GET /api/v1/tasks/:task_id/artifacts",
      "GET /api/v1/tasks/:task_id/diff",
      "GET /api/v1/tasks/:task_id/evidence",
      "GET /api/v1/tasks/:task_id/brief",
      "POST /api/v1/tasks/:task_id/heartbeat",
      "POST /api/v1/tasks/:task_id/token",
      "POST /api/v1/tasks/:task_id/release",
      "POST /api/v1/tasks/:task_id/fail",
      "POST /api/v1/tasks/:task_id/blockers",
      "POST /api/v1/tasks/:task_id/blockers/:blocker_id/resolve",
      "POST /api/v1/tasks/:task_id/complete",
      "POST /api/v1/tools/authorize",
      "POST /api/v1/tools/record",
      "GET /api/v1/operations/:operation_id",
      "DELETE /api/v1/operations/:operation_id",
      "GET /api/v1/approvals",
      "GET /api/v1/approvals/:approval_id",
      "POST /api/v1/approvals/:approval_id/grant",
      "POST /api/v1/approvals/:approval_id/deny",
      "POST /api/v1/tasks/:task_id/externals",
      "GET /api/v1/reviews/:task_id",
      "POST /api/v1/reviews/:task_id",
      "GET /api/v1/events",
    ],
    "operator or admin": [
      "GET /api/v1/health/details",
      "POST /api/v1/tasks",
      "POST /api/v1/tasks/:task_id/cancel",
      "POST /api/v1/tasks/:task_id/reassign",
      "POST /api/v1/tasks/:task_id/reopen",
      "POST /api/v1/tasks/:task_id/sync",
      "POST /api/v1/audit/payloads/:digest/erase",
      "GET /api/v1/workflows",
      "POST /api/v1/workflows",
      "POST /api/v1/workflows/:digest/simulate",
      "POST /api/v1/keys",
      "DELETE /api/v1/keys/:key_id",
      "PATCH /api/v1/config",
      "POST /api/v1/config/reload",
      "POST /api/v1/webhooks/:name/resume",
      "POST /api/v1/webhooks/dead-letters/:id/send",
      "POST /api/v1/breakers/:name/reset",
    ],
    "operator or admin or auditor": [
      "GET /api/v1/keys",
      "GET /api/v1/config",
      "GET /api/v1/webhooks",
      "GET /api/v1/webhooks/dead-letters",
      "GET /api/v1/breakers",
    ],
    "a person with operator": ["POST /api/v1/tasks/:task_id/override"],
  });
});

test("every call that lists by pages, and those that count, read much", async () => {
  const routes = (await everyRoute()).filter(({ method }) => method === "GET");
  const paged = routes.filter(({ query }) => /"(limit|count)":/.test(JSON.stringify(query ?? {})));
  expect(paged.length).toBeGreaterThan(5);
  expect(paged.filter(({ long }) => long !== true).map(({ path }) => path)).toEqual([]);
  expect(routes.find(({ operationId }) => operationId === "auditStats")?.long).toBe(true);
});
