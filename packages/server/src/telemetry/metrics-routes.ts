import { Type } from "typebox";
import { type Route, route } from "../http/route.ts";
import type { Metrics } from "./metrics.ts";

/** `/metrics` in the Prometheus text format. */
export function metricsRoutes(metrics: Metrics): Route[] {
  return [
    route({
      method: "GET",
      path: "/metrics",
      operationId: "metrics",
      summary: "Figures in the Prometheus text format",
      tag: "health",
      access: { kind: "public" },
      answers: { 200: Type.String() },
      handle: async () => ({
        status: 200,
        body: await metrics.text(),
        headers: { "content-type": metrics.contentType },
      }),
    }),
  ];
}
