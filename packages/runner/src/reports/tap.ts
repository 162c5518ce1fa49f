import { Parser } from "tap-parser";
import type { TestOutcome } from "@phasegate/wire";
import { CaseList } from "./case-list.ts";
import { ReportError, type ReportFormat } from "./report-format.ts";

const maxNesting = 64;
const advice = "number the tests through as one stream, end each stream by a plan of its own, or report as JUnit XML";
/** How node:test marks a test whose failure it counts as a success. */
const expectedFailure = /^(.*?)\s*# EXPECTED FAILURE\b.*$/s;

/**
 * Test Anything Protocol 12 to 14 with subtests, one stream or several behind each other. A stream whose plan does not hold
 * makes the report broken, and so do results that no plan accounts for.
 */
export const tap: ReportFormat = {
  name: "tap",
  printedOn: "stdout",
  parse(text) {
    if (!/^(TAP version \d+|1\.\.\d+|(not )?ok\b)/m.test(text)) return null;
    const walk = new Walk();
    for (const stream of streamsOf(text)) {
      walk.events(Parser.parse(stream), []);
      if (walk.isStopped) break;
    }
    return walk.finish();
  },
};

/**
 * The streams of what several programs printed one after the other. A plan behind results ends a stream, and so does
 * whatever begins one: a version, a second plan, a first result behind as many as the plan in front names.
 */
function streamsOf(text: string): readonly string[] {
  const streams: string[][] = [];
  let lines: string[] = [];
  let [results, planned, isEnded] = [0, -1, false];
  const next = (): void => {
    if (lines.length > 0) streams.push(lines);
    lines = [];
    [results, planned, isEnded] = [0, -1, false];
  };
  for (const line of text.split("\n")) {
    const plan = /^1\.\.(\d+)/.exec(line)?.[1];
    const isResult = /^(?:not )?ok(?:\s|$)/.test(line);
    // Prose may begin with `ok`; what surely is a result is numbered, described behind a dash, or failed.
    const isNewResult = /^(?:not ok\b|ok\s+(?:\d|[-#]))/.test(line);
    const isPastPlan = planned >= 0 && results >= planned && /^(?:not )?ok\s+1\b/.test(line);
    const isBegin = /^TAP version \d+/.test(line) && (results > 0 || planned >= 0);
    if (isBegin || (plan !== undefined && planned >= 0) || (isEnded && isNewResult) || isPastPlan) next();
    lines.push(line);
    if (plan !== undefined) {
      isEnded = results > 0;
      planned = Number(plan);
    } else if (isResult && !isEnded) results += 1;
  }
  next();
  return streams.map((stream) => stream.join("\n"));
}

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
  /** Failures, and what is a todo. */
  #failed = 0;

  /** The programs that printed it gave up. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  events(events: readonly TapEvent[], path: readonly string[]): void {
    if (path.length > maxNesting) throw new ReportError("the report is nested too deeply");
    const from = this.#failed;
    let said = 0;
    for (const [kind, value] of events) {
      if (kind === "child") this.events(value as TapEvent[], [...path, subtestName(value as TapEvent[])]);
      if (kind === "assert") this.#assertion(value as Assertion, path);
      if (kind === "bailout") this.#stopped = true;
      if (kind === "comment") said = Number(/^# fail\s+(\d+)\s*$/.exec(String(value))?.[1] ?? said);
      if (kind === "extra" && /^\s*(?:not ok\b|ok\s+\d)/.test(String(value))) {
        throw new ReportError(
          `a result stands outside of every plan: ${String(value).trim().slice(0, 200)}; ${advice}`,
        );
      }
      if (kind === "complete") this.#complete(value as { failures?: readonly { tapError?: unknown }[] });
    }
    if (said > 0 && this.#failed === from) {
      throw new ReportError(`the report says that ${String(said)} tests failed, and names none of them`);
    }
  }

  finish() {
    return this.#cases.finish(this.#stopped);
  }

  #assertion(test: Assertion, path: readonly string[]): void {
    if (test.closingTestPoint) return;
    const [written, name = written] = expectedFailure.exec(test.name) ?? [test.name];
    const outcome = test.ok && expectedFailure.test(test.name) ? "todo" : outcomeOf(test);
    if (outcome === "failed" || outcome === "todo") this.#failed += 1;
    this.#cases.add({
      parts: path,
      file: null,
      name: name === "" ? "unnamed" : name,
      outcome,
      message: typeof test.diag === "object" && test.diag !== null ? JSON.stringify(test.diag) : "",
    });
  }

  #complete(results: { failures?: readonly { tapError?: unknown }[] }): void {
    const broken = results.failures?.find((failure) => typeof failure.tapError === "string");
    if (broken !== undefined)
      throw new ReportError(`the report breaks its own plan: ${String(broken.tapError)}; ${advice}`);
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
