import { parentPort, workerData } from "node:worker_threads";
import { EgressProxy, type EgressOptions } from "./egress-proxy.ts";

export type EgressQuestion = "refusals" | "close";
/** The first is sent by itself, once the proxy listens: the path of its socket. */
export type EgressAnswer = { readonly socketPath: string } | { readonly refusals: readonly string[] };

const proxy = await EgressProxy.open(workerData as EgressOptions);

const answer = (message: EgressAnswer): void => parentPort?.postMessage(message);
parentPort?.on("message", (question: EgressQuestion) => {
  if (question === "refusals") answer({ refusals: [...proxy.refusals] });
  else void proxy[Symbol.asyncDispose]().then(() => parentPort?.close());
});
answer({ socketPath: proxy.socketPath });
