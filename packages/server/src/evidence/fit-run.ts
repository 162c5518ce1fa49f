import { redactPayload } from "@phasegate/ledger/redaction";
import type { JsonValue, TestRun } from "@phasegate/wire";
import { canonicalJson } from "@phasegate/wire/core";

/** What stands around the run in its body. */
const wrapperBytes = 64;
/** By how much markers may make a run shorter than it is: past it, it is not tried whether it fits. */
const leastShrinking = 1.25;
/** Members that no check looks at, or that are for people. */
const forPeople: ReadonlySet<string> = new Set(["message", "output", "problem", "command", "durationMs", "seen"]);

export interface RunToFit {
  readonly run: TestRun;
  /** Stands beside the run in any case; null when nothing failed. */
  readonly failed: JsonValue;
  readonly maxBytes: number;
}

export interface FittedRun {
  readonly complete: boolean;
  /** The RFC 8785 form of the body. */
  readonly text: string;
}

/** The body of a run: as much of it as fits, without secrets. `complete` where it holds all that checks look at. */
export function fitRun(asked: RunToFit): FittedRun {
  const { run, failed } = asked;
  const room = roomOf(asked);
  const fittedAs = (complete: boolean, whatRan: JsonValue): FittedRun => {
    return { complete, text: canonicalJson({ complete, run: whatRan, ...(failed === null ? {} : { failed }) }) };
  };
  const withoutMessages: TestRun = {
    ...run,
    cases: run.cases.map((one) => ({ ...one, message: null })),
    unloadedFiles: run.unloadedFiles.map((one) => ({ ...one, message: "" })),
  };
  const candidates = mayFit(asked) ? [run, withoutMessages, { ...withoutMessages, coverage: null }] : [];
  for (const candidate of candidates) {
    // Redaction takes long beside this, and makes little shorter.
    if (JSON.stringify(candidate).length > room * leastShrinking) continue;
    const kept = redactPayload(candidate, { maxBytes: room });
    if (factsOf(kept) === factsOf(candidate as unknown as JsonValue)) return fittedAs(true, kept);
  }
  const summary = { ...withoutMessages, cases: [], unloadedFiles: [], flaky: [], coverage: null };
  return fittedAs(false, redactPayload(summary, { maxBytes: room }));
}

/** False where the names of the tests alone are too long. */
export function mayFit(asked: RunToFit): boolean {
  let left = roomOf(asked) * leastShrinking;
  for (const { identity, file, name } of asked.run.cases) {
    left -= identity.length + (file?.length ?? 0) + name.length;
    if (left < 0) return false;
  }
  return true;
}

function roomOf({ failed, maxBytes }: RunToFit): number {
  return maxBytes - wrapperBytes - Buffer.byteLength(JSON.stringify(failed));
}

/** All that a check looks at. What was cut has lost members, or has a marker where a list went on. */
function factsOf(run: JsonValue): string {
  return JSON.stringify(run, (name, value: unknown) => (forPeople.has(name) ? undefined : value));
}
