import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { startServer } from "@phasegate/server";
import { collectInThreads } from "./threads.ts";
import type { ThreadFigures } from "./threads.ts";

/** What a server says of itself, after a collection in each of its threads, so that what it shows is held. */
export interface ServerFigures {
  readonly rssBytes: number;
  /** Of the main thread. */
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly threads: readonly ThreadFigures[];
  readonly descriptors: number;
  readonly handles: number;
  readonly isWarm: boolean;
  /** Over the time since the last figures. */
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

/**
 * The product in a process of its own, started by `fork` with `--expose-gc`. Arguments: repository, data directory,
 * settings as JSON. Sends its address, then ServerFigures for each message that it gets; ends with the channel.
 */
const [repository = "", dataDirectory = "", settings = "{}"] = process.argv.slice(2);
const threads = new Set<number>();
process.on("worker", (worker: Worker) => {
  const { threadId } = worker;
  threads.add(threadId);
  worker.once("exit", () => threads.delete(threadId));
});
const server = await startServer({
  cwd: repository,
  env: { ...process.env },
  overrides: {
    "server.port": 0,
    "storage.data_dir": dataDirectory,
    "logging.level": "warn",
    ...JSON.parse(settings),
  },
});
const resolutionMs = 10;
const longestCollectionMs = 2_000;
const nanosecondsPerMs = 1_000_000;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();

process.on("message", () => void figures().then((message) => process.send?.(message)));
process.once("disconnect", () => void server.close().then(() => process.exit(0)));
process.send?.(server.url);

async function figures(): Promise<ServerFigures> {
  const inMs = (nanoseconds: number): number => Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs);
  const loopDelayP99Ms = inMs(delay.percentile(99));
  const loopDelayMaxMs = inMs(delay.max);
  // Twice, with a turn between: what only a finalizer held goes with the second.
  globalThis.gc?.();
  await turn();
  globalThis.gc?.();
  const collected = await collectInThreads(threads, longestCollectionMs);
  // A collection that was asked for is no delay of the server's own.
  delay.reset();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    threads: collected,
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
    isWarm: server.events.history().length >= server.config.events.max_history,
    loopDelayP99Ms,
    loopDelayMaxMs,
  };
}
