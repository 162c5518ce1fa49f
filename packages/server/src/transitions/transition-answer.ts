import { missingApprovals, type TaskState } from "@phasegate/engine";
import type { Finding, JsonObject, Reason } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { RunProgress } from "../evidence/run-progress.ts";
import type { RouteAnswer } from "../http/route.ts";
import { tokenMint } from "../tasks/mint.ts";

/** What a transition came to, wherever it was read from. */
export interface TransitionOutcome {
  readonly allowed: boolean;
  readonly blockers: readonly string[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly approval?: JsonObject;
}

/** The body of wire.md; granted, with the token of the new phase for the task's holder. */
export function transitionAnswer(
  task: TaskState,
  workflow: CompiledWorkflow,
  outcome: TransitionOutcome,
  mayHaveToken: boolean,
): RouteAnswer {
  const tokenId = task.lastTransition?.tokenId;
  const mint =
    outcome.allowed && mayHaveToken && task.holder && tokenId ? tokenMint(task, workflow, tokenId, "new_token") : null;
  const body = {
    allowed: outcome.allowed,
    new_token: null,
    blockers: [...outcome.blockers],
    findings: [...outcome.findings],
    warnings: [...outcome.warnings],
    ...(outcome.approval ? { approval: outcome.approval } : {}),
    phase: task.phase,
    status: task.status,
  };
  return { status: 200, body, ...(mint ? { mint } : {}) };
}

export function blockerTexts(reasons: readonly Pick<Reason, "message" | "hint">[]): string[] {
  const texts = reasons.map((reason) => (reason.hint ? `${reason.message}; ${reason.hint}` : reason.message));
  return [...new Set(texts)];
}

/** What a pending transition waits for: people, when they were asked, else the runs, which `progress` tells of. */
export function pendingOutcome(task: TaskState, progress: RunProgress): TransitionOutcome {
  const asked = new Set(task.pendingTransition?.approvals);
  const open = task.approvals.filter((approval) => asked.has(approval.id) && approval.status === "requested");
  const first = open[0];
  if (!first) {
    const running = task.pendingTransition?.operationId;
    const warnings = running === undefined ? [] : [progress.text(running)];
    return { allowed: false, blockers: ["evidence_running"], findings: [], warnings };
  }
  return {
    allowed: false,
    blockers: open.map(
      (approval) => `awaiting_approval: gate \`${approval.gate}\` waits for ${missingApprovals(approval)}`,
    ),
    findings: [],
    warnings: [],
    approval: { id: first.id, digest: first.digest, expires_at: first.expiresAt },
  };
}
