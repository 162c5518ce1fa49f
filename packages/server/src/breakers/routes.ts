import type { CircuitBreakerStats } from "@phasegate/resilience";
import { BreakerAnswer, BreakerListAnswer, BreakerParams, PhasegateError } from "@phasegate/wire";
import { type Route, route } from "../http/route.ts";

/** GET /breakers and POST /breakers/{name}/reset. */
export const breakerRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/breakers",
    operationId: "listBreakers",
    summary: "Circuit breakers of the outside systems that the server calls",
    tag: "breakers",
    access: { kind: "roles", roles: ["operator", "admin", "auditor"] },
    answers: { 200: BreakerListAnswer },
    handle: async ({ breakers }) => ({ status: 200, body: { breakers: breakers.stats().map(breakerAnswer) } }),
  }),
  route({
    method: "POST",
    path: "/api/v1/breakers/:name/reset",
    operationId: "resetBreaker",
    summary: "Closes a circuit now and forgets its failures",
    tag: "breakers",
    access: { kind: "roles", roles: ["operator", "admin"] },
    params: BreakerParams,
    answers: { 200: BreakerAnswer },
    handle: async ({ breakers, system, ids, webhooks }, caller, { params: { name } }) => {
      if (!breakers.stats().some((one) => one.name === name)) throw unknownBreaker(name);
      await system.append([{ id: ids.make("event"), type: "breaker.reset", data: { name } }], caller.principal.id);
      const reset = breakers.reset(name);
      if (!reset) throw unknownBreaker(name);
      webhooks.goOn(name);
      return { status: 200, body: breakerAnswer(reset) };
    },
  }),
];

/** A breaker as the API shows it. */
export function breakerAnswer(stats: CircuitBreakerStats): BreakerAnswer {
  return {
    name: stats.name,
    state: stats.state,
    total_calls: stats.totalCalls,
    successful_calls: stats.successfulCalls,
    failed_calls: stats.failedCalls,
    slow_calls: stats.slowCalls,
    rejected_calls: stats.rejectedCalls,
    consecutive_failures: stats.consecutiveFailures,
    openings: stats.openings,
    retry_after_seconds: stats.retryAfterMs === null ? null : stats.retryAfterMs / 1_000,
    last_error: stats.lastError,
  };
}

function unknownBreaker(name: string): PhasegateError {
  return new PhasegateError("not_found", `no breaker is named \`${name}\``, {
    hint: "GET /api/v1/breakers lists them",
  });
}
