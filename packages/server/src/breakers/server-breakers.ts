import { CircuitBreakers } from "@phasegate/resilience";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";

/** Breakers of the outside systems that the server calls, as `circuit_breaker` in the configuration has it. */
export function serverBreakers(settings: Config["circuit_breaker"], log: Logger): CircuitBreakers {
  const { slow_call_seconds: slowSeconds, slow_call_percent: percent } = settings;
  return new CircuitBreakers({
    ...(slowSeconds === null ? {} : { slowCalls: { durationMs: slowSeconds * 1_000, rate: percent / 100 } }),
    failureThreshold: settings.failure_threshold,
    successThreshold: settings.success_threshold,
    timeoutSeconds: settings.timeout_seconds,
    halfOpenMaxCalls: settings.half_open_max_calls,
    onStateChange: ({ name, state }) => log.warn({ breaker: name, state }, "a circuit changed its state"),
  });
}
