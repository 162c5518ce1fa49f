import type { TestCase } from "@phasegate/wire";

/** What a parser may know of the run besides its report. */
export interface ReportContext {
  /** Where the run saw its checkout, absolute. */
  readonly workspace: string;
  /** Where the command ran, relative to the checkout; "" is the checkout itself. */
  readonly cwd: string;
  readonly exitCode: number;
  /** Both streams, for formats whose report leaves out why a file did not load. */
  readonly output: string;
  /** Whether the tree that ran holds this file. */
  isFile(path: string): boolean;
}

export interface ParsedReport {
  readonly cases: readonly TestCase[];
  /** Test files that could not be loaded, with the beginning of what is known of why. */
  readonly unloaded: readonly { readonly file: string; readonly text: string }[];
  /** One broken file kept tests of others from running. */
  readonly stoppedEarly: boolean;
}

/** One way in which test runners say what happened. */
export interface ReportFormat {
  readonly name: string;
  /** Where the report is when the command has no place for it; null when the format has no report at all. */
  readonly printedOn: "stdout" | "stderr" | "both" | null;
  /** Null when `text` holds no report of this format. Throws `ReportError` when it holds a broken one. */
  parse(text: string, context: ReportContext): ParsedReport | null;
}

/** A report that is broken, truncated, of another format, or past the bounds. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}
