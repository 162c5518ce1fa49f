import { stripVTControlCharacters } from "node:util";
import type { TestCase, TestOutcome } from "@phasegate/wire";
import { ReportError, type ParsedReport } from "./report-format.ts";

const maxCases = 50_000;
const maxUnloaded = 2_000;
const maxUnloadedText = 16_384;
const maxPartLength = 1_000;
const maxIdentityLength = 4_000;
const maxMessageLength = 2_048;
/** Of all messages of a report; those after it are left out. */
const maxMessagesLength = 1024 * 1024;

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
  readonly #cases: TestCase[] = [];
  readonly #unloaded = new Map<string, { readonly file: string; readonly text: string }>();
  readonly #seen = new Map<string, number>();
  #messagesLength = 0;

  get isEmpty(): boolean {
    return this.#cases.length === 0 && this.#unloaded.size === 0;
  }

  add(reported: ReportedCase): void {
    if (this.#cases.length >= maxCases) {
      throw new ReportError(`the report holds more than ${String(maxCases)} tests`);
    }
    const base = joinParts([...reported.parts, reported.name]);
    if (base.length > maxIdentityLength) throw new ReportError("the name of a test is too long");
    const ordinal = (this.#seen.get(base) ?? 0) + 1;
    this.#seen.set(base, ordinal);
    this.#cases.push({
      identity: ordinal === 1 ? base : `${base} > #${String(ordinal)}`,
      file: reported.file,
      name: clean(reported.name, maxPartLength),
      outcome: reported.outcome,
      message: reported.outcome === "failed" ? this.#message(reported.message ?? "") : null,
    });
  }

  /** `text`: all that is known of why; only its beginning is kept. */
  addUnloaded(file: string, text: string): void {
    if (this.#unloaded.size >= maxUnloaded) {
      throw new ReportError(`the report holds more than ${String(maxUnloaded)} files that did not load`);
    }
    if (!this.#unloaded.has(file)) this.#unloaded.set(file, { file, text: clean(text, maxUnloadedText) });
  }

  #message(text: string): string {
    const message = this.#messagesLength > maxMessagesLength ? "" : clean(text, maxMessageLength);
    this.#messagesLength += message.length;
    return message;
  }

  finish(stoppedEarly = false): ParsedReport {
    return { cases: this.#cases, unloaded: [...this.#unloaded.values()], stoppedEarly };
  }
}

function joinParts(parts: readonly string[]): string {
  const cleaned = parts.map((part) => clean(part, maxPartLength)).filter((part) => part !== "");
  return cleaned.filter((part, index) => part !== cleaned[index - 1]).join(" > ");
}

function clean(text: string, maxLength: number): string {
  return stripVTControlCharacters(text.slice(0, 2 * maxLength + 64))
    .trim()
    .slice(0, maxLength)
    .toWellFormed();
}
