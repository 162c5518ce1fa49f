import { parentPort } from "node:worker_threads";
import type { JsonObject, ReasonCode } from "@phasegate/wire";
import { ToolRefusal } from "../outcome.ts";
import { globFiles, type GlobRequest } from "./glob-files.ts";
import { grepFiles, type GrepRequest } from "./grep-files.ts";

export type SearchRequest = GrepRequest | GlobRequest;
export type SearchAnswer =
  | { readonly status: "completed"; readonly result: JsonObject }
  | { readonly status: "refused"; readonly code: ReasonCode; readonly message: string; readonly hint?: string }
  | { readonly status: "broken"; readonly message: string };

parentPort?.on("message", (request: SearchRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo(request: SearchRequest): SearchAnswer {
  try {
    return { status: "completed", result: request.kind === "grep" ? grepFiles(request) : globFiles(request) };
  } catch (error) {
    if (!(error instanceof ToolRefusal)) return { status: "broken", message: String(error) };
    const { code, message, hint } = error;
    return { status: "refused", code, message, ...(hint === undefined ? {} : { hint }) };
  }
}
