import { parentPort } from "node:worker_threads";
import type { JsonObject, ReasonCode } from "@phasegate/wire";
import { ToolRefusal } from "../outcome.ts";
import { globFiles, type GlobRequest } from "./glob-files.ts";
import { grepFiles, type GrepRequest } from "./grep-files.ts";
import { readLines, type LinesRequest } from "./read-lines.ts";

export type SearchRequest = GrepRequest | GlobRequest | LinesRequest;
export type SearchAnswer =
  | { readonly status: "completed"; readonly result: JsonObject }
  | { readonly status: "refused"; readonly code: ReasonCode; readonly message: string; readonly hint?: string }
  | { readonly status: "broken"; readonly message: string };

parentPort?.on("message", (request: SearchRequest) => parentPort?.postMessage(answerTo(request)));

function answerTo(request: SearchRequest): SearchAnswer {
  try {
    return { status: "completed", result: resultOf(request) };
  } catch (error) {
    if (!(error instanceof ToolRefusal)) return { status: "broken", message: String(error) };
    const { code, message, hint } = error;
    return { status: "refused", code, message, ...(hint === undefined ? {} : { hint }) };
  }
}

function resultOf(request: SearchRequest): JsonObject {
  if (request.kind === "grep") return grepFiles(request);
  return request.kind === "glob" ? globFiles(request) : readLines(request);
}
