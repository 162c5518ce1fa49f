import type { Backoff } from "@phasegate/resilience";
import type { Config } from "../config/config.ts";

/** The waits between attempts, as the configuration has them at this moment. */
export function backoffOf(retry: Config["retry"]): Backoff {
  return {
    initialDelayMs: retry.initial_delay_ms,
    maxDelayMs: retry.max_delay_ms,
    exponentialBase: retry.exponential_base,
    jitter: retry.jitter,
  };
}
