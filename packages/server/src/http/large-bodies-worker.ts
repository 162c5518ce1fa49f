import { parentPort } from "node:worker_threads";
import { digestJson, PhasegateError } from "@phasegate/wire/core";
import { parseJsonBody } from "./json-body.ts";
import type { LargeBodyAnswer, LargeBodyRequest } from "./large-bodies.ts";

parentPort?.on("message", (request: LargeBodyRequest) => parentPort?.postMessage(answerTo(request)));

/** What is neither a value nor a refusal ends the thread, and is heard of by whoever waits. */
function answerTo({ bytes, wantsDigest }: LargeBodyRequest): LargeBodyAnswer {
  try {
    const value = parseJsonBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return { status: "parsed", body: { value, digest: wantsDigest ? digestJson(value) : null } };
  } catch (error) {
    if (!(error instanceof PhasegateError)) throw error;
    const { hint } = error.extras;
    return { status: "refused", code: error.code, message: error.message, ...(hint === undefined ? {} : { hint }) };
  }
}
