import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { KeptPayload } from "@phasegate/ledger";
import type { Digest, JsonValue, TestRun } from "@phasegate/wire";
import { failedTests } from "./failed-tests.ts";
import { type FittedRun, fitRun, mayFit, type RunToFit } from "./fit-run.ts";

/** Bound of one run's body in the ledger. */
const maxRunBytes = 1024 * 1024;
/** A run of as many tests is fitted at once; one of more where nobody waits for it. */
const fewCases = 200;

export interface KeptRun {
  readonly payload: KeptPayload;
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
export async function keepRun(run: TestRun, maxBytes = maxRunBytes): Promise<KeptRun> {
  const failed = failedTests(run);
  const asked: RunToFit = { run, failed: failed?.body ?? null, maxBytes };
  const isSmall = run.cases.length <= fewCases || !mayFit(asked);
  const { complete, text } = isSmall ? fitRun(asked) : await fitAside(asked);
  return { payload: KeptPayload.ofText(text), complete, failed: failed?.digest ?? null };
}

async function fitAside(asked: RunToFit): Promise<FittedRun> {
  const worker = new Worker(new URL("./fit-run-worker.ts", import.meta.url), { workerData: asked, env: {} });
  try {
    const [fitted] = (await once(worker, "message")) as [FittedRun];
    return fitted;
  } finally {
    await worker.terminate();
  }
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
