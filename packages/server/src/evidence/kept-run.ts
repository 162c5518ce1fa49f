import { redactPayload } from "@phasegate/ledger";
import { digestJson } from "@phasegate/wire";
import type { Digest, JsonValue, TestRun } from "@phasegate/wire";
import { failedTests } from "./failed-tests.ts";

/** Bound of one run's body in the ledger. */
const maxRunBytes = 1024 * 1024;
/** What stands around the run in its body. */
const wrapperBytes = 64;
/** By how much markers may make a run shorter than it is: past it, it is not tried whether it fits. */
const leastShrinking = 1.25;
/** Members that no check looks at, or that are for people. */
const forPeople: ReadonlySet<string> = new Set(["message", "output", "problem", "command", "durationMs", "seen"]);

export interface KeptRun {
  readonly digest: Digest;
  readonly body: JsonValue;
  /** False: what checks look at did not fit, or held a secret; the body says how the run went and no more. */
  readonly complete: boolean;
  /** Of what failed, which the body names in any case; null when nothing did. */
  readonly failed: Digest | null;
}

/**
 * A run as the ledger keeps it: bounded and redacted, messages given up before coverage. What checks look at is whole
 * or the body is not marked `complete`: nothing is ever judged by a list that was cut. What failed stands beside it, so
 * that a run which does not fit hides no failure.
 */
export function keepRun(run: TestRun, maxBytes = maxRunBytes): KeptRun {
  const withoutMessages: TestRun = {
    ...run,
    cases: run.cases.map((one) => ({ ...one, message: null })),
    unloadedFiles: run.unloadedFiles.map((one) => ({ ...one, message: "" })),
  };
  const failed = failedTests(run);
  const room = maxBytes - wrapperBytes - Buffer.byteLength(JSON.stringify(failed?.body ?? null));
  const keptAs = (complete: boolean, whatRan: JsonValue): KeptRun => {
    const body = { complete, run: whatRan, ...(failed ? { failed: failed.body } : {}) };
    return { digest: digestJson(body), body, complete, failed: failed?.digest ?? null };
  };
  for (const candidate of [run, withoutMessages, { ...withoutMessages, coverage: null }]) {
    // Redaction takes long beside this, and makes little shorter.
    if (JSON.stringify(candidate).length > room * leastShrinking) continue;
    const kept = redactPayload(candidate, { maxBytes: room });
    if (factsOf(kept) === factsOf(candidate as unknown as JsonValue)) return keptAs(true, kept);
  }
  const summary = { ...withoutMessages, cases: [], unloadedFiles: [], flaky: [], coverage: null };
  return keptAs(false, redactPayload(summary, { maxBytes: room }));
}

/** The run behind a kept body; null when it was not kept whole. */
export function readKeptRun(body: JsonValue): TestRun | null {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return null;
  return body["complete"] === true ? (body["run"] as unknown as TestRun) : null;
}

/** Whether a run may stand for another of the same key on the same tree: a pass may, anything else is run again. */
export function isReusable(run: TestRun): boolean {
  return (
    run.status === "completed" &&
    run.exitCode === 0 &&
    run.unloadedFiles.length === 0 &&
    run.flaky.length === 0 &&
    !run.stoppedEarly &&
    run.cases.every((one) => one.outcome !== "failed") &&
    run.canary?.outcome !== "passed" &&
    run.canary?.outcome !== "missing"
  );
}

/** All that a check looks at. What was cut has lost members, or has a marker where a list went on. */
function factsOf(run: JsonValue): string {
  return JSON.stringify(run, (name, value: unknown) => (forPeople.has(name) ? undefined : value));
}
