import { Worker } from "node:worker_threads";
import { type Digest, PhasegateError, type ReasonCode } from "@phasegate/wire";

/** A body that fits in is parsed at once; a larger one where nobody waits for it. */
export const largeBodyBytes = 262_144;

export interface LargeBody {
  readonly value: unknown;
  /** Of its canonical form, where it was asked for. */
  readonly digest: Digest | null;
}

export interface LargeBodyRequest {
  readonly bytes: Uint8Array;
  readonly wantsDigest: boolean;
}

export type LargeBodyAnswer =
  | { readonly status: "parsed"; readonly body: LargeBody }
  | { readonly status: "refused"; readonly code: ReasonCode; readonly message: string; readonly hint?: string };

type Settle = (error: Error | null, body?: LargeBody) => void;

/** A thread that reads large bodies as `parseJsonBody` does, one after the other. It starts with the first of them. */
export class LargeBodies {
  #worker: Worker | null = null;
  /** In the order in which they were sent, which is that of the answers. */
  #waiting: Settle[] = [];

  /** The bytes are not the caller's from here on. Calls `settle` once, with the error that `parseJsonBody` throws if it does. */
  parse(bytes: Buffer, { wantsDigest }: { readonly wantsDigest: boolean }, settle: Settle): void {
    const request: LargeBodyRequest = { bytes, wantsDigest };
    const { buffer } = bytes;
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
    const worker = (this.#worker ??= this.#start());
    this.#waiting.push(settle);
    worker.postMessage(request, isWhole ? [buffer] : []);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./large-bodies-worker.ts", import.meta.url), { env: {} });
    worker.unref();
    worker.on("message", (answer: LargeBodyAnswer) => {
      const settle = this.#waiting.shift();
      if (answer.status === "parsed") settle?.(null, answer.body);
      else settle?.(new PhasegateError(answer.code, answer.message, hintOf(answer)));
    });
    let cause: unknown;
    worker.once("error", (error) => (cause = error));
    worker.once("exit", () => {
      const unanswered = this.#waiting;
      this.#waiting = [];
      this.#worker = null;
      for (const settle of unanswered) settle(new Error("the thread that reads large bodies ended", { cause }));
    });
    return worker;
  }
}

function hintOf({ hint }: { readonly hint?: string }): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
