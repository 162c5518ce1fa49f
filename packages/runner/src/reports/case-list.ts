import { stripVTControlCharacters } from "node:util";
import type { TestCase, TestOutcome, UnloadedTestFile } from "@phasegate/wire";
import { causeOfUnloaded } from "./cause-of-unloaded.ts";
import { ReportError, type ParsedReport, type ReportContext } from "./report-format.ts";

const maxCases = 50_000;
const maxPartLength = 1_000;
const maxMessageLength = 2_048;

export interface ReportedCase {
  /** Report, file, suites and name, as far as the format gives them. Equal neighbours and empty parts are dropped. */
  readonly parts: readonly string[];
  readonly file: string | null;
  readonly name: string;
  readonly outcome: TestOutcome;
  readonly message?: string | null;
}

/** Collects a report's cases and gives each the identity that it has in every run. Throws `ReportError` past bounds. */
export class CaseList {
  readonly #context: ReportContext;
  readonly #cases: TestCase[] = [];
  readonly #unloaded = new Map<string, UnloadedTestFile>();
  readonly #seen = new Map<string, number>();

  constructor(context: ReportContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#cases.length === 0 && this.#unloaded.size === 0;
  }

  add(reported: ReportedCase): void {
    this.#bound();
    const base = joinParts([...reported.parts, reported.name]);
    const ordinal = (this.#seen.get(base) ?? 0) + 1;
    this.#seen.set(base, ordinal);
    this.#cases.push({
      identity: ordinal === 1 ? base : `${base} > #${String(ordinal)}`,
      file: reported.file,
      name: clean(reported.name, maxPartLength),
      outcome: reported.outcome,
      message: reported.outcome === "failed" ? clean(reported.message ?? "", maxMessageLength) : null,
    });
  }

  /** `text`: all that is known of why; only its beginning is kept. */
  addUnloaded(file: string, text: string): void {
    this.#bound();
    if (this.#unloaded.has(file)) return;
    const plain = stripVTControlCharacters(text);
    const cause = causeOfUnloaded(plain, file, this.#context);
    this.#unloaded.set(file, { file, message: clean(plain, maxMessageLength), cause });
  }

  finish(stoppedEarly = false): ParsedReport {
    return { cases: this.#cases, unloadedFiles: [...this.#unloaded.values()], stoppedEarly };
  }

  #bound(): void {
    if (this.#cases.length + this.#unloaded.size >= maxCases) {
      throw new ReportError(`the report holds more than ${String(maxCases)} tests`);
    }
  }
}

function joinParts(parts: readonly string[]): string {
  const cleaned = parts.map((part) => clean(part, maxPartLength)).filter((part) => part !== "");
  return cleaned.filter((part, index) => part !== cleaned[index - 1]).join(" > ");
}

function clean(text: string, maxLength: number): string {
  return stripVTControlCharacters(text).trim().slice(0, maxLength).toWellFormed();
}
