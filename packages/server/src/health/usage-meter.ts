import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Usage } from "./pressure.ts";

const intervalMs = 1_000;
const resolutionMs = 10;
const nanosecondsPerMs = 1_000_000;

/**
 * What the process used over the last second. It never throws: where the machine does not say, the last figure stands.
 * A timer takes the figures until `close`; it keeps no process alive.
 */
export class UsageMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;
  #usage: Usage = { eventLoopDelay: 0, heapUsed: 0, rssBytes: 0 };

  constructor() {
    this.#delay.enable();
    this.#look();
    this.#timer = setInterval(() => this.#look(), intervalMs);
    this.#timer.unref();
  }

  get usage(): Usage {
    return this.#usage;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #look(): void {
    const meanMs = this.#delay.mean / nanosecondsPerMs - resolutionMs;
    this.#delay.reset();
    this.#usage = {
      eventLoopDelay: Number.isNaN(meanMs) ? this.#usage.eventLoopDelay : Math.max(0, meanMs),
      heapUsed: getHeapStatistics().used_heap_size,
      rssBytes: this.#residentBytes(),
    };
  }

  /** The machine is asked through a file: without descriptors left there is no answer. */
  #residentBytes(): number {
    try {
      return process.memoryUsage.rss();
    } catch {
      return this.#usage.rssBytes;
    }
  }
}
