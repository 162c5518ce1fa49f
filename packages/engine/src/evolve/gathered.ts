import type { Digest, EvidenceId, PrincipalId, TreeDigest } from "@phasegate/wire";
import { type EvidenceState, maxEvidence, maxReviews, type ReviewState, type TaskState } from "../task-state.ts";
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
    at: event.at,
  };
  const kept = task.evidence.filter((known) => !isReplaced(known, recorded));
  return { ...task, evidence: bounded([...kept, recorded]) };
}

/** The newest by model and reviewer. */
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
    at: event.at,
  };
  const kept = task.reviews.filter(({ model, reviewer }) => model !== review.model || reviewer !== review.reviewer);
  return { ...task, reviews: [...kept, review].slice(-maxReviews) };
}

/** What an agent ran for itself falls out first: it opens no gate, and must push out nothing that does. */
function bounded(evidence: readonly EvidenceState[]): readonly EvidenceState[] {
  if (evidence.length <= maxEvidence) return evidence;
  const over = evidence.find(({ purpose }) => purpose === "tool") ?? evidence[0];
  return evidence.filter((one) => one !== over);
}

function isReplaced(known: EvidenceState, by: EvidenceState): boolean {
  if (known.purpose !== by.purpose || known.tree !== by.tree) return false;
  if (known.id === by.id) return true;
  if (known.entry === by.entry) return false;
  return (by.purpose !== "command" && by.purpose !== "tool") || known.key === by.key;
}
