import type { Digest, NewEvent, Reason } from "@phasegate/wire";
import type { CompiledTransition } from "@phasegate/workflow";
import type { Decision, RequestTransition, ResumeTransition, WithdrawTransition } from "../commands.ts";
import type { PendingTransition, TaskState } from "../task-state.ts";
import { serverPrincipalId } from "@phasegate/wire";
import { allow, newEvent, pending, refuse } from "./answer.ts";
import { withdrawApprovals } from "./approval-question.ts";
import { awaited } from "./approvals.ts";
import { type Exit, judgeExit } from "./exit.ts";
import { nothingFound } from "./judgement.ts";
import { judgeSubmission, type Submission } from "./resubmission.ts";
import { isHolder, isOperator, type Situation } from "./situation.ts";
import { isRepetition } from "./repetition.ts";
import { judgeToken } from "./token.ts";

/** Judges the way from one phase to another, or out of the last. */
export function decideRequestTransition(situation: Situation, command: RequestTransition): Decision {
  const { task, context } = situation;
  if (isRepetition(situation, command)) return allow([], { repeated: true, warnings: leftOut(task, command) });
  const transition = findTransition(situation, command.targetPhase);
  const wrong =
    judgeToken(situation, command.token) ??
    judgePhase(situation, command) ??
    judgeTransition(situation, command, transition);
  if (!wrong && isAskedAlready(situation, command)) return stillPending(situation);
  const reason = wrong ?? judgeUndecided(situation);
  if (reason || !transition) return refuse(situation, command, ...(reason ? [reason] : []));
  const request = {
    operationId: command.operationId,
    from: task.phase,
    to: transition.to ?? task.phase,
    kind: transition.to === null ? ("complete" as const) : transition.kind,
    tokenId: command.token.tokenId,
  };
  const submission = judgeSubmission(situation, command.submitted, transition.kind);
  const artifacts = { ...task.artifacts, ...submittedNow(situation, submission) };
  const exit = { transition, request, newTokenId: command.newTokenId, artifacts, refused: submission.judgement };
  return judgeExit(situation, exit, [
    newEvent(context, "transition.requested", {
      operation_id: request.operationId,
      from: request.from,
      to: request.to,
      kind: request.kind,
      token_id: request.tokenId,
      entry: task.entry,
      epoch: task.epoch,
    }),
    ...submissions(situation, submission),
  ]);
}

/** A repetition gives the recorded answer; what it brings that the first request did not is told, and not kept. */
function leftOut(task: TaskState, { submitted }: RequestTransition): readonly Reason[] {
  return Object.entries(submitted)
    .filter(([type, digest]) => task.artifacts[type]?.digest !== digest)
    .map(([type]) => ({
      code: "artifact_invalid",
      message: `the transition was granted before: the content of \`${type}\` sent with its repetition is not kept`,
      hint: "send it with the next transition",
    }));
}

/** Judges a pending transition again, with what was gathered since. */
export function decideResumeTransition(situation: Situation, command: ResumeTransition): Decision {
  const { task } = situation;
  const { pendingTransition } = task;
  const reason = judgePending(situation, command);
  const transition = pendingTransition && findTransition(situation, targetOf(pendingTransition));
  if (reason || !pendingTransition || !transition) {
    return refuse(situation, command, reason ?? undefinedTransition(situation, pendingTransition?.to ?? null));
  }
  const { newTokenId } = command;
  const exit = { transition, request: pendingTransition, newTokenId, artifacts: task.artifacts, refused: nothingFound };
  return judgeExit(situation, exit, []);
}

/** Gives the phase back to its holder, undecided. */
export function decideWithdrawTransition(situation: Situation, command: WithdrawTransition): Decision {
  const reason = judgePending(situation, command);
  if (reason) return refuse(situation, command, reason);
  return allow([
    ...withdrawApprovals(situation, awaited(situation), command.reason),
    newEvent(situation.context, "transition.withdrawn", {
      operation_id: command.operationId,
      reason: command.reason,
    }),
  ]);
}

/**
 * True for the pending transition asked for once more, with nothing new in it: by the token that asked, or, while people
 * are awaited, by any newer one of the holder.
 */
function isAskedAlready({ task }: Situation, command: RequestTransition): boolean {
  const { pendingTransition } = task;
  if (!pendingTransition || targetOf(pendingTransition) !== command.targetPhase) return false;
  const known = digestsOf(task);
  const isNew = Object.entries(command.submitted).some(([type, digest]) => known[type] !== digest);
  const sameToken = command.token.tokenId === pendingTransition.tokenId;
  return !isNew && (sameToken || task.status === "awaiting_approval");
}

function stillPending(situation: Situation): Decision {
  const [first] = awaited(situation);
  if (!first) return { ...pending([], []), repeated: true };
  const { id, gate, digest, expiresAt } = first;
  return { ...pending(["approvals"], [], { id, gate, digest, expiresAt }), repeated: true };
}

/** The way out to a phase; null: the one that ends the task. */
export function findTransition({ phase }: Pick<Situation, "phase">, to: string | null): CompiledTransition | null {
  return phase.exits.find((exit) => exit.to === to) ?? null;
}

export function targetOf(pendingTransition: PendingTransition): string | null {
  return pendingTransition.kind === "complete" ? null : pendingTransition.to;
}

function judgePhase({ task }: Situation, command: RequestTransition): Reason | null {
  if (command.currentPhase === task.phase) return null;
  return {
    code: "stale_phase",
    message: `the task is in phase \`${task.phase}\`, not in \`${command.currentPhase}\``,
    hint: "read the snapshot and ask again from there",
    next: { method: "GET", path: "/api/v1/state/snapshot" },
  };
}

function judgeTransition(
  situation: Situation,
  command: RequestTransition,
  transition: CompiledTransition | null,
): Reason | null {
  const { phase, workflow } = situation;
  if (command.targetPhase === null && !phase.isLast) {
    return {
      code: "not_last_phase",
      message: `\`${phase.id}\` is not the last phase: that is \`${workflow.lastPhase.id}\``,
      hint: `transition from here; ${exitsOf(situation)}`,
      rule: phase.rule,
    };
  }
  return transition ? null : undefinedTransition(situation, command.targetPhase);
}

function undefinedTransition(situation: Situation, to: string | null): Reason {
  return {
    code: "no_such_transition",
    message: `No transition defined from \`${situation.phase.id}\` to \`${to ?? "the end"}\``,
    hint: exitsOf(situation),
    rule: situation.phase.rule,
  };
}

function exitsOf({ phase }: Situation): string {
  const names = phase.exits.flatMap((exit) => (exit.to === null ? [] : [`\`${exit.to}\``]));
  if (names.length > 0) return `from \`${phase.id}\` a task may go to ${names.join(", ")}`;
  return phase.isLast ? `\`${phase.id}\` is the last phase: complete the task` : `no way leads out of \`${phase.id}\``;
}

function judgeUndecided({ task }: Situation): Reason | null {
  if (task.status === "active") return null;
  const operation = task.pendingTransition?.operationId;
  return {
    code: "transition_in_progress",
    message: `a transition to \`${task.pendingTransition?.to ?? "another phase"}\` is being judged already`,
    hint: operation
      ? `follow its operation, or withdraw it with \`DELETE /api/v1/operations/${operation}\``
      : "follow its operation",
    ...(operation ? { next: { method: "GET" as const, path: `/api/v1/operations/${operation}` } } : {}),
  };
}

/** The operation must be the pending one, and the caller its holder, an operator, or the server itself. */
function judgePending(situation: Situation, command: ResumeTransition | WithdrawTransition): Reason | null {
  const { task, context } = situation;
  if (!isHolder(situation) && !isOperator(situation) && context.principal.id !== serverPrincipalId) {
    return {
      code: "forbidden",
      message: `the operation \`${command.operationId}\` is not yours`,
      hint: "only the task's holder or an operator moves it",
    };
  }
  if (task.pendingTransition?.operationId === command.operationId) return null;
  return {
    code: "unknown_operation",
    message: `no transition \`${command.operationId}\` is being judged`,
    hint: "it was decided or withdrawn: read the task",
    next: { method: "GET", path: `/api/v1/tasks/${task.id}` },
  };
}

function submissions({ task, context }: Situation, { kept }: Submission): readonly NewEvent[] {
  return kept.map(({ type, digest, replaces }) =>
    newEvent(context, "artifact.submitted", {
      artifact_type: type,
      digest,
      phase: task.phase,
      entry: task.entry,
      ...(replaces ? { replaces: { ...replaces } } : {}),
    }),
  );
}

/** As the events of the submission will say it. */
function submittedNow({ task }: Situation, { kept }: Submission): Exit["artifacts"] {
  return Object.fromEntries(
    kept.map(({ type, digest, replaces }) => {
      const known = task.artifacts[type];
      const approved = known?.digest === digest ? known.approved : null;
      return [type, { digest, phase: task.phase, approved, replaced: replaces }];
    }),
  );
}

function digestsOf(task: TaskState): Readonly<Record<string, Digest>> {
  return Object.fromEntries(Object.entries(task.artifacts).map(([type, { digest }]) => [type, digest]));
}
