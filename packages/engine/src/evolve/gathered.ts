import type { Digest, EvidenceId, PrincipalId, TreeDigest } from "@phasegate/wire";
import {
  type EvidenceState,
  type FailuresState,
  maxEvidence,
  maxFailures,
  maxReviews,
  type ReviewState,
  type TaskState,
} from "../task-state.ts";
import type { TaskEventOf } from "./task-event.ts";

/** Each run of this stay, whatever came of it; of earlier stays the newest by purpose and tree. */
export function onEvidenceRecorded(task: TaskState, event: TaskEventOf<"evidence.recorded">): TaskState {
  const { data } = event;
  const recorded: EvidenceState = {
    id: data.evidence_id as EvidenceId,
    purpose: data.purpose,
    tree: data.tree as TreeDigest,
    sourceTree: data.source_tree as TreeDigest | null,
    phase: data.phase,
    entry: data.entry,
    key: data.key as Digest,
    resultDigest: data.result_digest as Digest,
    status: data.status,
    failed: (data.failed ?? null) as Digest | null,
    selected: data.selected ?? false,
    at: event.at,
  };
  const kept = task.evidence.filter((known) => !isReplaced(known, recorded));
  return { ...task, ...withFailures(task, recorded), evidence: bounded([...kept, recorded]) };
}

/** The newest by model, reviewer and tree: what was said of a tree stands when the work comes back to it. */
export function onReviewSubmitted(task: TaskState, event: TaskEventOf<"review.submitted">): TaskState {
  const { data } = event;
  const review: ReviewState = {
    reviewer: data.reviewer as PrincipalId,
    kind: data.kind,
    owner: data.owner as PrincipalId | null,
    model: data.model,
    tree: data.tree as TreeDigest,
    verdict: data.verdict,
    issues: data.issues,
    resultDigest: data.result_digest as Digest,
    artifacts: (data.artifacts ?? null) as ReviewState["artifacts"],
    at: event.at,
  };
  const kept = task.reviews.filter(
    ({ model, reviewer, tree }) => model !== review.model || reviewer !== review.reviewer || tree !== review.tree,
  );
  return { ...task, reviews: [...kept, review].slice(-maxReviews) };
}

/** The oldest of what weighs least falls out first. */
function bounded(evidence: readonly EvidenceState[]): readonly EvidenceState[] {
  if (evidence.length <= maxEvidence) return evidence;
  const least = Math.min(...evidence.map(weightOf));
  const over = evidence.find((one) => weightOf(one) === least);
  return evidence.filter((one) => one !== over);
}

/** What an agent ran for itself opens no gate, and must push out nothing that does; runs of a few tests hide no failure. */
function weightOf({ purpose, failed, selected }: EvidenceState): number {
  if (purpose !== "tool") return 3;
  if (failed === null) return 0;
  return selected ? 1 : 2;
}

/** Runs of all tests on what the task made, each of one tree. */
const ofTheTask: ReadonlySet<EvidenceState["purpose"]> = new Set(["tool", "current", "base_tests"]);

/** What one run of all tests found stays beside whatever runs follow, of whichever stay: nothing is hidden by number. */
function withFailures(
  { failures, failuresForgotten }: TaskState,
  { purpose, failed, selected, tree, resultDigest, phase, entry, at }: EvidenceState,
): Pick<TaskState, "failures" | "failuresForgotten"> {
  if (failed === null || selected || !ofTheTask.has(purpose)) {
    return { failures, failuresForgotten };
  }
  const found: FailuresState = { tree, failed, resultDigest, phase, entry, at };
  const all = [...failures.filter((known) => known.tree !== tree || known.failed !== failed), found];
  const over = Math.max(0, all.length - maxFailures);
  return { failures: all.slice(over), failuresForgotten: failuresForgotten + over };
}

function isReplaced(known: EvidenceState, by: EvidenceState): boolean {
  if (known.purpose !== by.purpose || known.tree !== by.tree) return false;
  if (known.id === by.id) return true;
  if (known.entry === by.entry) return false;
  return (by.purpose !== "command" && by.purpose !== "tool") || known.key === by.key;
}
