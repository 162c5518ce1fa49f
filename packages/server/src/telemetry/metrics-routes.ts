import { Type } from "typebox";
import { type Route, route } from "../http/route.ts";
import type { Metrics } from "./metrics.ts";
import { SharedText } from "./shared-text.ts";

const keptMs = 1_000;

/** `/metrics` in the Prometheus text format, a second old at most. */
export function metricsRoutes(metrics: Metrics): Route[] {
  const text = new SharedText({ read: () => metrics.text(), now: () => performance.now(), keptMs });
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
        body: await text.read(),
        headers: { "content-type": metrics.contentType },
      }),
    }),
  ];
}
