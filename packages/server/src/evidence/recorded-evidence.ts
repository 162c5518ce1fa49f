import type { EvidenceState, TaskState } from "@phasegate/engine";
import type { Digest, EvidenceFacts, EvidencePurpose, JsonValue, TestRun, TreeDigest } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { readKeptRun } from "./kept-run.ts";

interface Asked {
  readonly task: TaskState;
  readonly operationId: string;
  readonly tree: TreeDigest;
}

/**
 * The run that was recorded for this very judgement: by the approvals that wait on it, or by this operation before a
 * restart. A run of another operation is no stand-in, or a failure would be used again.
 */
export async function recordedRun(
  context: ServerContext,
  asked: Asked,
  wanted: { readonly purpose: EvidencePurpose; readonly tree: TreeDigest },
): Promise<TestRun | null> {
  const task = await context.tasks.require(asked.task.id);
  for (const result of resultsOf(task, asked, wanted.purpose)) {
    const run = await readRun(context, result);
    if (run && run.tree === wanted.tree) return run;
  }
  return null;
}

/** As `recordedRun`, for a `command` check by the digest of its parameters. */
export async function recordedCommand(
  context: ServerContext,
  asked: Asked,
  key: Digest,
): Promise<NonNullable<EvidenceFacts["commands"]>[string] | null> {
  const task = await context.tasks.require(asked.task.id);
  const found = task.evidence.findLast(
    (one) => one.purpose === "command" && one.key === key && one.tree === asked.tree && isOf(task, asked, one),
  );
  const body = found ? await bodyOf(context, found.resultDigest) : null;
  if (!found || typeof body !== "object" || body === null || Array.isArray(body)) return null;
  const { exit_code: exitCode, output } = body;
  if (typeof exitCode !== "number" || typeof output !== "string") return null;
  return { exitCode, evidenceId: found.id, output };
}

/** The run behind a kept body; this process may hold one whole that did not fit into the ledger. */
export async function readRun(context: ServerContext, result: Digest): Promise<TestRun | null> {
  const inMemory = context.runs.byResult(result);
  if (inMemory) return inMemory;
  const body = await bodyOf(context, result);
  return body === null ? null : readKeptRun(body);
}

function resultsOf(task: TaskState, asked: Asked, purpose: EvidencePurpose): Digest[] {
  return task.evidence
    .filter((one) => one.purpose === purpose && isOf(task, asked, one))
    .map((one) => one.resultDigest)
    .reverse();
}

/** Recorded since the pending operation was asked for, or part of what an approval of it binds to. */
function isOf(task: TaskState, asked: Asked, evidence: EvidenceState): boolean {
  const pending = task.pendingTransition;
  const ranForThis = pending?.operationId === asked.operationId && evidence.at >= pending.requestedAt;
  if (ranForThis && evidence.entry === task.entry) return true;
  return task.approvals.some(
    (approval) =>
      approval.entry === task.entry &&
      (approval.status === "requested" || approval.status === "granted") &&
      Object.values(approval.evidence).includes(evidence.resultDigest),
  );
}

async function bodyOf(context: ServerContext, digest: Digest): Promise<JsonValue | null> {
  const payload = await context.ledger.getPayload(digest);
  return payload?.state === "kept" ? payload.body : null;
}
