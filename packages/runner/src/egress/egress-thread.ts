import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { EgressOptions } from "./egress-proxy.ts";
import type { EgressAnswer, EgressQuestion } from "./egress-worker.ts";

const workerFile = new URL("./egress-worker.ts", import.meta.url);
const maxHeapMegabytes = 256;

/**
 * An `EgressProxy` in a thread of its own: what a setup sends through it, however much, costs the event loop in which
 * requests are answered nothing. A thread that breaks down takes the network from the setup, and nothing else.
 */
export class EgressThread implements AsyncDisposable {
  /** Host path of the proxy's socket. */
  readonly socketPath: string;
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;

  private constructor(worker: Worker, socketPath: string) {
    this.#worker = worker;
    this.socketPath = socketPath;
    this.#ended = once(worker, "exit");
  }

  static async open(options: EgressOptions): Promise<EgressThread> {
    const worker = new Worker(workerFile, {
      env: {},
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
    });
    const [message] = (await once(worker, "message")) as [EgressAnswer];
    worker.on("error", () => undefined);
    return new EgressThread(worker, "socketPath" in message ? message.socketPath : "");
  }

  /** What was refused so far, in sentences, the first few. */
  async refusals(): Promise<readonly string[]> {
    const answered = once(this.#worker, "message") as Promise<[EgressAnswer]>;
    this.#ask("refusals");
    const answer = await Promise.race([answered, this.#ended.then(() => null)]);
    return answer !== null && "refusals" in answer[0] ? answer[0].refusals : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ask("close");
    await this.#ended;
  }

  #ask(question: EgressQuestion): void {
    this.#worker.postMessage(question);
  }
}
