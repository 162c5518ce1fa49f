import { Worker } from "node:worker_threads";
import { findReportFormat } from "./registry.ts";
import { ReportError, type ParsedReport, type ReportContext } from "./report-format.ts";

/** A report that fits in is parsed at once; a larger one where it delays nobody. */
const inlineLength = 256 * 1024;
const deadlineMs = 30_000;

export interface ReportText {
  readonly format: string;
  readonly text: string;
  /** Paths of all files of the tree that ran. */
  readonly files: readonly string[];
  readonly about: Omit<ReportContext, "isFile">;
}

export type ParseAnswer = { readonly report: ParsedReport | null } | { readonly problem: string };

/** What a report holds; null when there is none. Rejects with `ReportError` when it is broken or takes too long. */
export async function parseReport(request: ReportText): Promise<ParsedReport | null> {
  const length = request.text.length + request.about.output.length;
  const answer = length <= inlineLength ? parseHere(request) : await parseAside(request);
  if ("report" in answer) return answer.report;
  throw new ReportError(answer.problem);
}

/** What the thread does; never throws for what the text holds. */
export function parseHere({ format, text, files, about }: ReportText): ParseAnswer {
  const known = new Set(files);
  try {
    const context = { ...about, isFile: (path: string) => known.has(path) };
    return { report: findReportFormat(format)?.parse(text, context) ?? null };
  } catch (error) {
    return error instanceof ReportError ? { problem: error.message } : { problem: "the report cannot be read" };
  }
}

async function parseAside(request: ReportText): Promise<ParseAnswer> {
  const worker = new Worker(new URL("./report-worker.ts", import.meta.url), { workerData: request });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ParseAnswer>((resolve) => {
      timer = setTimeout(() => resolve({ problem: "the report takes too long to read" }), deadlineMs);
      worker.once("message", resolve);
      worker.once("error", (error: Error) => resolve({ problem: `the report cannot be read: ${error.message}` }));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
