import { Deadline, unlessAborted } from "@phasegate/resilience";
import { PhasegateError } from "@phasegate/wire";
import type { OperationId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import type { RouteAnswer } from "../http/route.ts";
import { makeOperationId } from "../operations/operation-id.ts";
import type { FirstJudgement, Operation } from "../operations/operations.ts";
import { callerWithSignal } from "../server-caller.ts";
import { recordedAnswer } from "./recorded-answer.ts";
import { requestTransition } from "./request-transition.ts";
import type { TransitionInput } from "./request-transition.ts";

/** Longest that one first judgement may take, whoever waits for it. */
const maxJudgementMs = 10 * 60 * 1_000;

/**
 * Runs a transition as an operation and waits for it as long as the caller and the configuration say. With `Prefer:
 * respond-async` it answers at once; else what takes longer than `server.transition_wait_seconds` is answered "not
 * yet", and the same request again joins the operation. People are not waited for: the answer names the approval.
 */
export async function runTransition(
  context: ServerContext,
  caller: Caller,
  input: TransitionInput,
  prefer: string | null,
): Promise<RouteAnswer> {
  const operation = context.operations.start({
    id: makeOperationId(context.ids, input.task.id),
    taskId: input.task.id,
    principal: caller.principal.id,
  });
  const judging = judge(context, caller, operation, input);
  if (prefer !== null && /(^|,)\s*respond-async\b/i.test(prefer)) {
    void judging;
    return {
      status: 202,
      headers: { Location: `/api/v1/operations/${operation.id}` },
      body: {
        id: operation.id,
        done: false,
        metadata: { stage: "judging", started_at: operation.startedAt, jobs: [], task_id: operation.taskId },
      },
    };
  }
  const answer = await waitForAnswer(context, caller, operation, judging);
  if (isFinal(answer)) return answer;
  await leaveOpen(context, caller);
  return answer;
}

/** The first judgement; it ends by itself, whoever waits for it. */
async function judge(
  context: ServerContext,
  caller: Caller,
  operation: Operation,
  input: TransitionInput,
): Promise<FirstJudgement> {
  // The request's own signal ends with the request; the operation goes on for whoever asks for it later.
  using late = new Deadline(maxJudgementMs);
  const signal = AbortSignal.any([operation.signal, late.signal]);
  try {
    operation.judged = await requestTransition(context, callerWithSignal(caller, signal), operation.id, input);
  } catch (error) {
    const isKnown = error instanceof PhasegateError;
    if (!isKnown) context.log.error({ err: error, operation: operation.id }, "a transition failed");
    operation.judged = {
      kind: "error",
      error: isKnown ? error : new PhasegateError("internal_error", "the transition could not be judged"),
    };
  }
  return operation.judged;
}

async function waitForAnswer(
  context: ServerContext,
  caller: Caller,
  operation: Operation,
  judging: Promise<FirstJudgement>,
): Promise<RouteAnswer> {
  using late = new Deadline(context.config.server.transition_wait_seconds * 1_000);
  const signal = AbortSignal.any([late.signal, caller.signal, context.operations.stopping]);
  const judged = await unlessAborted(judging, signal).catch(() => null);
  if (!judged) return notYet(context, operation.id);
  context.operations.forget(operation.id);
  if (judged.kind === "error") throw judged.error;
  if (judged.kind === "answer") return judged.answer;
  return await waitForDecision(context, caller, operation, judged.operationId, signal);
}

/** Until the pending transition is decided or waits for people, or the time is over; then what is recorded. */
async function waitForDecision(
  context: ServerContext,
  caller: Caller,
  operation: Operation,
  operationId: OperationId,
  signal: AbortSignal,
): Promise<RouteAnswer> {
  const { taskId } = operation;
  const isAnswerable = (task: { status: string; pendingTransition: { operationId: OperationId } | null }): boolean =>
    task.pendingTransition?.operationId !== operationId || task.status === "awaiting_approval";
  const waited = context.tasks.watch.until(taskId, isAnswerable, signal);
  // RACE: it may have been decided between the judgement and the subscription.
  if (!isAnswerable(await context.tasks.require(taskId))) await waited;
  const { answer } = await recordedAnswer(context, { taskId, operationId, principal: caller.principal.id });
  return withOperation(answer, operationId);
}

function isFinal({ body }: RouteAnswer): boolean {
  const { blockers, approval } = body as { blockers?: readonly string[]; approval?: unknown };
  return approval === undefined && blockers?.[0] !== "evidence_running";
}

/** "Not yet" is no answer to keep under an idempotency key: the same request again asks how it stands. */
async function leaveOpen(context: ServerContext, caller: Caller): Promise<void> {
  const { idempotency } = caller;
  if (!idempotency || idempotency.finished) return;
  await context.ledger.forgetIdempotent({ scope: idempotency.scope, key: idempotency.key });
  idempotency.finished = true;
}

function withOperation(answer: RouteAnswer, operationId: OperationId): RouteAnswer {
  return { ...answer, body: { ...(answer.body as Record<string, unknown>), operation_id: operationId } };
}

function notYet(context: ServerContext, operationId: OperationId): RouteAnswer {
  const warnings = [context.progress.text(operationId)];
  const body = { allowed: false, new_token: null, blockers: ["evidence_running"], findings: [], warnings };
  return withOperation({ status: 200, body }, operationId);
}
