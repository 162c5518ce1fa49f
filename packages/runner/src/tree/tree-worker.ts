import { parentPort, workerData } from "node:worker_threads";
import { PhasegateError, systemFault } from "@phasegate/wire/core";
import type { PathClass } from "./scanner.ts";
import {
  TreeHost,
  type ResetRequest,
  type RestoreRequest,
  type ScanRequest,
  type TreeHostOptions,
} from "./tree-host.ts";
import { TooLargeToShare } from "./shared-thread.ts";
import type {
  ClearSpecialBitsRequest,
  FromWorker,
  MeasureRequest,
  RemoveSinceRequest,
  ToWorker,
} from "./tree-workers.ts";
import { clearSpecialBits, measureUse, removeSince } from "./workspace-use.ts";

const port = parentPort;
if (port === null) throw new TypeError("the tree worker runs in a worker thread only");
const options = workerData as TreeHostOptions;
const isShared = options.isShared ?? false;
const host = new TreeHost(options);
const questions = new Map<number, (classes: readonly PathClass[]) => void>();

function send(message: FromWorker): void {
  port?.postMessage(message);
}

function serve(message: Extract<ToWorker, { type: "call" }>): Promise<unknown> {
  switch (message.method) {
    case "scan":
      return host.scan(message.request as ScanRequest, (paths) => {
        const { promise, resolve } = Promise.withResolvers<readonly PathClass[]>();
        questions.set(message.id, resolve);
        send({ type: "classify", id: message.id, paths });
        return promise;
      });
    case "restore":
      return host.restore(message.request as RestoreRequest);
    case "reset":
      return host.reset(message.request as ResetRequest);
    case "forget":
      return host.forget(message.request as string);
    case "measure": {
      const { root, bounds } = message.request as MeasureRequest;
      return Promise.resolve(measureUse(root, bounds, { isShared }));
    }
    case "removeSince": {
      const { root, ...since } = message.request as RemoveSinceRequest;
      return Promise.resolve(removeSince(root, since));
    }
    case "clearSpecialBits": {
      const { root, keep } = message.request as ClearSpecialBitsRequest;
      return Promise.resolve(clearSpecialBits(root, keep));
    }
    default:
      return message.method satisfies never;
  }
}

port.on("message", (message: ToWorker) => {
  if (message.type === "classified") {
    const resolve = questions.get(message.id);
    questions.delete(message.id);
    resolve?.(message.classes);
    return;
  }
  const { id } = message;
  Promise.resolve()
    .then(() => serve(message))
    .then((result) => send({ type: "result", id, result }))
    .catch(async (thrown: unknown) => {
      if (thrown instanceof TooLargeToShare) {
        const { root } = message.request as { root: string };
        await host.forget(root);
        send({ type: "too_large_to_share", id, storedBytes: host.takeStored(root) });
        return;
      }
      const error = systemFault(thrown) ?? thrown;
      const known = error instanceof PhasegateError ? { code: error.code, extras: error.extras } : null;
      send({ type: "error", id, message: error instanceof Error ? error.message : String(error), known });
    });
});
