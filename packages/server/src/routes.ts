import manifest from "../package.json" with { type: "json" };
import { approvalRoutes } from "./approvals/routes.ts";
import { auditRoutes } from "./audit/routes.ts";
import { keyRoutes } from "./auth/key-routes.ts";
import type { KeyRing } from "./auth/key-ring.ts";
import type { ConfigManager } from "./config/config-manager.ts";
import { configRoutes } from "./config/routes.ts";
import { breakerRoutes } from "./breakers/routes.ts";
import { externalRoutes } from "./externals/routes.ts";
import { healthDetailsRoute, type HealthDetailsParts } from "./health/details-route.ts";
import { eventRoutes } from "./events/routes.ts";
import { documentationRoutes } from "./http/documentation-routes.ts";
import { healthRoutes } from "./http/health-routes.ts";
import type { HealthFacts } from "./http/health-routes.ts";
import type { Route } from "./http/route.ts";
import { operationRoutes } from "./operations/routes.ts";
import { reviewRoutes } from "./reviews/routes.ts";
import { stateRoutes } from "./state/routes.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { toolRoutes } from "./tools/routes.ts";
import { metricsRoutes } from "./telemetry/metrics-routes.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { transitionRoutes } from "./transitions/routes.ts";
import { webhookRoutes } from "./webhooks/routes.ts";
import { workflowRoutes } from "./workflows/routes.ts";

const { version } = manifest;

export interface RouteParts {
  readonly keys: KeyRing;
  readonly configuration: ConfigManager;
  /** Null: `telemetry.metrics` is off. */
  readonly metrics: Metrics | null;
  readonly health: () => HealthFacts;
  readonly details: () => HealthDetailsParts;
}

/** Every call of the API. */
export function allRoutes({ keys, configuration, metrics, health, details }: RouteParts): Route[] {
  const routes = [
    ...healthRoutes(version, health, () => details().readiness),
    healthDetailsRoute(version, details),
    ...(metrics === null ? [] : metricsRoutes(metrics)),
    ...taskRoutes,
    ...transitionRoutes,
    ...toolRoutes,
    ...stateRoutes,
    ...auditRoutes,
    ...operationRoutes,
    ...approvalRoutes,
    ...externalRoutes,
    ...reviewRoutes,
    ...workflowRoutes,
    ...keyRoutes(keys),
    ...configRoutes(configuration),
    ...eventRoutes(),
    ...webhookRoutes,
    ...breakerRoutes,
  ];
  return [...routes, ...documentationRoutes(routes, version)];
}
