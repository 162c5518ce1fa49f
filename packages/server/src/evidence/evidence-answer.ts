import type { EvidenceState, TaskState } from "@phasegate/engine";
import type { JsonObject, TestCase, TestRun } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { failuresAnswer } from "./failed-tests.ts";
import { readRun } from "./recorded-evidence.ts";

const maxFailures = 50;
const maxListed = 100;

/** What was run for a task, newest first, bounded; and what failed in runs of all tests, which no number of runs hides. */
export async function listEvidence(context: ServerContext, task: TaskState): Promise<JsonObject> {
  const evidence: JsonObject[] = [];
  for (const one of task.evidence.toReversed().slice(0, maxListed)) evidence.push(await evidenceAnswer(context, one));
  const failures = await failuresAnswer(context, task.failures);
  return { evidence, failures, failures_forgotten: task.failuresForgotten };
}

/** One piece of evidence as people see it: what ran on which tree, and what it reported. */
export async function evidenceAnswer(context: ServerContext, evidence: EvidenceState): Promise<JsonObject> {
  const head = {
    evidence_id: evidence.id,
    purpose: evidence.purpose,
    tree: evidence.tree,
    phase: evidence.phase,
    entry: evidence.entry,
    status: evidence.status,
    result_digest: evidence.resultDigest,
    recorded_at: evidence.at,
  };
  if (evidence.purpose === "command") {
    const payload = await context.ledger.getPayload(evidence.resultDigest);
    return { ...head, ...(payload?.state === "kept" ? { result: payload.body } : {}) };
  }
  const run = await readRun(context, evidence.resultDigest);
  return run ? { ...head, ...runSummary(run) } : head;
}

/** The counts and failures of a run. A file that did not load is a failure of its own. */
export function runSummary(run: TestRun): JsonObject {
  const count = (...outcomes: TestCase["outcome"][]): number =>
    run.cases.filter((one) => outcomes.includes(one.outcome)).length;
  const failures = [
    ...run.unloadedFiles.map((file) => ({ id: file.file, message: file.message })),
    ...run.cases
      .filter((one) => one.outcome === "failed")
      .map((one) => ({ id: one.identity, message: one.message ?? "" })),
  ];
  return {
    passed: count("passed"),
    failed: failures.length,
    skipped: count("skipped", "todo"),
    failures: failures.slice(0, maxFailures),
    command: run.command,
    exit_code: run.exitCode,
    duration_ms: Math.round(run.durationMs),
    flaky: run.flaky.slice(0, maxFailures),
    coverage_percent: run.coverage?.percent ?? null,
    ...(run.canary === undefined ? {} : { canary: run.canary.outcome, canary_seen: run.canary.seen }),
    ...(run.problem === undefined ? {} : { problem: run.problem }),
    dependency_change: [...run.dependencyChange],
    output: run.output,
  };
}
