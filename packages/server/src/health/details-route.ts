import { getHeapStatistics } from "node:v8";
import type { RunnerCapabilities, SlotUse } from "@phasegate/runner";
import { HealthDetailsAnswer } from "@phasegate/wire";
import { breakerAnswer } from "../breakers/routes.ts";
import { valueAt } from "../config/compare-configs.ts";
import type { Config } from "../config/config.ts";
import { settings } from "../config/settings.ts";
import { type Route, route } from "../http/route.ts";
import type { Readiness } from "./readiness.ts";

export interface HealthDetailsParts {
  readonly readiness: Readiness;
  readonly capabilities: RunnerCapabilities;
  readonly missingAssurance: string | null;
  readonly slots: () => SlotUse;
}

/** GET /health/details of the API: everything an operator asks first. `version` is the product's. */
export function healthDetailsRoute(version: string, parts: () => HealthDetailsParts): Route {
  return route({
    method: "GET",
    path: "/api/v1/health/details",
    operationId: "healthDetails",
    summary: "Each check of /health/ready with its figures, guarantees, limits, breakers, queues and readers of events",
    tag: "health",
    access: { kind: "roles", roles: ["operator", "admin"] },
    answers: { 200: HealthDetailsAnswer },
    handle: async ({ ledger, breakers, config }) => {
      const { readiness, capabilities, missingAssurance, slots } = parts();
      const checks = await readiness.examine();
      const [position, open] = await Promise.all([ledger.lastPosition(), ledger.countOpen()]);
      const body: HealthDetailsAnswer = {
        status: checks.every(({ ok }) => ok) ? "ready" : "not_ready",
        checks: checks.map((check) => ({ ...check })),
        version,
        node: process.versions.node,
        platform: process.platform,
        uptime_seconds: Math.floor(process.uptime()),
        memory: memoryInUse(),
        assurance: capabilities.assurance,
        separate_user: capabilities.separateUser,
        missing_assurance: missingAssurance,
        guarantees: capabilities.probes.map((probe) => ({ ...probe })),
        limits: limitsOf(config),
        breakers: breakers.stats().map(breakerAnswer),
        tasks: { ...open.tasks },
        jobs: { ...open.jobs },
        evidence_runs: { ...slots() },
        ledger_position: position,
        subscribers: ledger
          .readers()
          .map(({ reader, position: at }) => ({ reader, position: at, behind: Math.max(0, position - at) })),
      };
      return { status: 200, body };
    },
  });
}

function memoryInUse(): HealthDetailsAnswer["memory"] {
  const { rss, heapUsed } = process.memoryUsage();
  return { rss_bytes: rss, heap_used_bytes: heapUsed, heap_limit_bytes: getHeapStatistics().heap_size_limit };
}

/** Settings that say how much of something there may be. */
function limitsOf(config: Config): HealthDetailsAnswer["limits"] {
  const named = settings.filter(({ key }) => /^(max|min)_|_(limit_bytes|timeout_seconds)$|^timeout_seconds$/.test(key));
  return Object.fromEntries(
    named.flatMap(({ path }) => {
      const value = valueAt(config, path);
      return typeof value === "number" || value === null ? [[path, value]] : [];
    }),
  );
}
