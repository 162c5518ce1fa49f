import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { JsonObject } from "@phasegate/wire";
import { hasCode } from "../../tree/descriptor.ts";
import { ToolRefusal } from "../outcome.ts";
import type { SearchAnswer, SearchRequest } from "./search-worker.ts";

const workerFile = new URL("./search-worker.ts", import.meta.url);
const maxHeapMegabytes = 512;

/**
 * Threads that search, so that the event loop does not wait for a tree to be walked, an expression to match or a
 * large file to be looked through for a line. A thread takes one request at a time; one that runs past its time, or whose caller is gone, is ended and replaced.
 */
export class SearchWorkers {
  readonly #size: number;
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #all = new Set<Worker>();
  #busy = 0;

  constructor(size = 2) {
    this.#size = size;
  }

  async search(request: SearchRequest, bounds: { timeoutMs: number; signal: AbortSignal }): Promise<JsonObject> {
    const stop = AbortSignal.any([bounds.signal, AbortSignal.timeout(bounds.timeoutMs)]);
    await this.#enter(stop);
    const worker = this.#idle.pop() ?? this.#start();
    let answer: SearchAnswer | null = null;
    try {
      stop.throwIfAborted();
      worker.postMessage(request);
      [answer] = (await once(worker, "message", { signal: stop })) as [SearchAnswer];
    } catch (error) {
      if (stop.aborted) throw stoppedRefusal(bounds.signal.aborted, bounds.timeoutMs);
      if (hasCode(error, "ERR_WORKER_OUT_OF_MEMORY")) {
        throw new ToolRefusal("payload_too_large", "the search needed too much memory", {
          hint: "name a smaller `path`, or a simpler `pattern`",
        });
      }
      throw error;
    } finally {
      if (answer === null) await this.#end(worker);
      else this.#idle.push(worker);
      this.#leave();
    }
    if (answer.status === "completed") return answer.result;
    if (answer.status === "broken") throw new Error(`the search failed: ${answer.message}`);
    throw new ToolRefusal(answer.code, answer.message, answer.hint === undefined ? {} : { hint: answer.hint });
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => this.#end(worker)));
  }

  async #enter(stop: AbortSignal): Promise<void> {
    if (this.#busy < this.#size) {
      this.#busy += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const proceed = (): void => resolve(undefined);
    this.#waiting.push(proceed);
    const leaveQueue = (): void => {
      const index = this.#waiting.indexOf(proceed);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      this.#busy += 1;
      proceed();
    };
    stop.addEventListener("abort", leaveQueue, { once: true });
    await promise;
    stop.removeEventListener("abort", leaveQueue);
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy -= 1;
    else next();
  }

  #start(): Worker {
    const worker = new Worker(workerFile, { env: {}, resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes } });
    worker.unref();
    // Who waits for the thread's answer hears of it too; a thread that ends while it rests is only replaced.
    worker.on("error", () => undefined);
    worker.once("exit", () => this.#forget(worker));
    this.#all.add(worker);
    return worker;
  }

  #forget(worker: Worker): void {
    this.#all.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  async #end(worker: Worker): Promise<void> {
    this.#forget(worker);
    await worker.terminate();
  }
}

function stoppedRefusal(isAborted: boolean, timeoutMs: number): ToolRefusal {
  if (isAborted) return new ToolRefusal("tool_failed", "the search was ended before it finished");
  return new ToolRefusal("tool_timeout", `the search was ended after ${String(timeoutMs / 1000)} s`, {
    hint: "name a smaller `path`, or a simpler `pattern`",
  });
}
