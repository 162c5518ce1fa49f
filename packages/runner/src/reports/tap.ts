import { Parser } from "tap-parser";
import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { ReportError, type ReportFormat } from "./report-format.ts";

const maxNesting = 64;

/** Test Anything Protocol 12 to 14 with subtests. A plan that does not hold makes the report broken. */
export const tap: ReportFormat = {
  name: "tap",
  printedOn: "stdout",
  parse(text) {
    if (!/^(TAP version \d+|1\.\.\d+|(not )?ok\b)/m.test(text)) return null;
    const walk = new Walk();
    walk.events(Parser.parse(text), []);
    const report = walk.finish();
    const failed = /^# fail\s+(\d+)$/.exec(
      text
        .trimEnd()
        .split("\n")
        .findLast((line) => line.startsWith("# fail")) ?? "",
    )?.[1];
    if (Number(failed ?? 0) > 0 && !report.cases.some(({ outcome }) => outcome === "failed" || outcome === "todo")) {
      throw new ReportError(`the report says that ${failed ?? ""} tests failed, and names none of them`);
    }
    return report;
  },
};

type TapEvent = readonly [kind: string, ...values: unknown[]];

interface Assertion {
  readonly ok: boolean;
  readonly name: string;
  readonly skip: boolean | string;
  readonly todo: boolean | string;
  readonly diag: unknown;
  readonly closingTestPoint: boolean;
}

class Walk {
  readonly #cases = new CaseList();
  #stopped = false;

  events(events: readonly TapEvent[], path: readonly string[]): void {
    if (path.length > maxNesting) throw new ReportError("the report is nested too deeply");
    for (const [kind, value] of events) {
      if (kind === "child") this.events(value as TapEvent[], [...path, subtestName(value as TapEvent[])]);
      if (kind === "assert") this.#assertion(value as Assertion, path);
      if (kind === "bailout") this.#stopped = true;
      if (kind === "complete") this.#complete(value as { failures?: readonly { tapError?: unknown }[] });
    }
  }

  finish() {
    return this.#cases.finish(this.#stopped);
  }

  #assertion(test: Assertion, path: readonly string[]): void {
    if (test.closingTestPoint) return;
    this.#cases.add({
      parts: path,
      file: null,
      name: test.name === "" ? "unnamed" : test.name,
      outcome: outcomeOf(test),
      message: typeof test.diag === "object" && test.diag !== null ? JSON.stringify(test.diag) : "",
    });
  }

  #complete(results: { failures?: readonly { tapError?: unknown }[] }): void {
    const broken = results.failures?.find((failure) => typeof failure.tapError === "string");
    if (broken !== undefined) throw new ReportError(`the report breaks its own plan: ${String(broken.tapError)}`);
  }
}

function outcomeOf(test: Assertion): TestOutcome {
  if (test.todo !== false) return "todo";
  if (test.skip !== false) return "skipped";
  return test.ok ? "passed" : "failed";
}

function subtestName(events: readonly TapEvent[]): string {
  const [kind, text] = events[0] ?? [];
  return kind === "comment" && typeof text === "string" ? text.replace(/^# Subtest:?/, "").trim() : "";
}
