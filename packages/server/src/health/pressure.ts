import { getHeapStatistics } from "node:v8";
import { PhasegateError } from "@phasegate/wire";
import type { Config } from "../config/config.ts";

export interface Usage {
  readonly eventLoopDelay: number;
  readonly heapUsed: number;
  readonly rssBytes: number;
}

const mebibyte = 1024 ** 2;
const heapShare = 0.9;

/** Throws `overloaded`, to be sent away with Retry-After, when the process has more to do than it can bear. */
export function refuseUnderPressure(usage: Usage, health: Config["health"]): void {
  const { max_heap_used_mb: heapMb, max_rss_mb: rssMb, max_event_loop_delay_ms: delayMs } = health;
  if (usage.eventLoopDelay > delayMs) throw overloaded("is behind with its work");
  const heapBytes = heapMb === null ? getHeapLimit() * heapShare : heapMb * mebibyte;
  if (usage.heapUsed > heapBytes) throw overloaded("is short of heap");
  if (rssMb !== null && usage.rssBytes > rssMb * mebibyte) throw overloaded("is short of memory");
}

let heapLimit: number | null = null;
function getHeapLimit(): number {
  return (heapLimit ??= getHeapStatistics().heap_size_limit);
}

function overloaded(what: string): PhasegateError {
  return new PhasegateError("overloaded", `the server ${what}`, { retryAfterSeconds: 2, hint: "come back later" });
}
