import type { JsonObject, TransitionAnswer } from "@phasegate/wire";

/** The outcome of one check that did not simply pass. */
export type GateFinding = TransitionAnswer["findings"][number];

interface JudgedTransition {
  /** What stands in the way, in words. */
  readonly blockers: readonly string[];
  readonly findings: readonly GateFinding[];
  readonly warnings: readonly string[];
  /** The phase that the task is in now. */
  readonly phase: string;
}

export interface PendingApproval {
  readonly id: string;
  /** What is approved: a grant must name it, and anything that changes it withdraws the request. */
  readonly digest: string;
  readonly expires_at: string;
}

/** The task is in the phase that was asked for; this client holds its token. */
export interface Moved extends JudgedTransition {
  readonly outcome: "moved";
  readonly allowed: true;
  readonly commit?: string;
}

/** The task has ended well. */
export interface Completed extends JudgedTransition {
  readonly outcome: "completed";
  readonly allowed: true;
  readonly commit?: string;
}

/** The gate said no; the task stays where it is, and work goes on. */
export interface Blocked extends JudgedTransition {
  readonly outcome: "blocked";
  readonly allowed: false;
}

/** Only a person is missing. `waitForTransition` goes on from here; no lease runs meanwhile. */
export interface AwaitingApproval extends JudgedTransition {
  readonly outcome: "awaiting_approval";
  readonly allowed: false;
  readonly approval: PendingApproval | null;
}

/** How a transition or a completion was judged. A refusal of a gate is an outcome, not an error. */
export type TransitionResult = Moved | Completed | Blocked | AwaitingApproval;

/** A transition as it is asked for; `target` null: complete. */
export interface TransitionAsked {
  readonly target: string | null;
  readonly artifacts: JsonObject;
}

/** The operation to follow, when the server has not decided yet. */
export function operationToFollow(status: number, body: TransitionAnswer | { readonly id: string }): string | null {
  if (status === 202) return "id" in body ? body.id : null;
  const answer = body as TransitionAnswer;
  return !answer.allowed && answer.blockers.includes("evidence_running") ? (answer.operation_id ?? null) : null;
}

/** The result in a decided answer. `phase` is where the task was when it was asked. */
export function resultOf(answer: TransitionAnswer, asked: TransitionAsked, phase: string): TransitionResult {
  const { blockers, findings, warnings } = answer;
  const commit = answer.commit === undefined ? {} : { commit: answer.commit };
  const judged = { blockers, findings, warnings };
  if (answer.allowed) {
    const moved = { ...judged, ...commit, allowed: true, phase: answer.phase ?? asked.target ?? phase } as const;
    const hasEnded = asked.target === null || answer.status === "completed";
    return hasEnded ? { ...moved, outcome: "completed" } : { ...moved, outcome: "moved" };
  }
  const stays = { ...judged, allowed: false, phase: answer.phase ?? phase } as const;
  if (answer.approval || answer.status === "awaiting_approval") {
    return { ...stays, outcome: "awaiting_approval", approval: answer.approval ?? null };
  }
  return { ...stays, outcome: "blocked" };
}
