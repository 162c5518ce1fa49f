import { OperationAnswer, OperationParams, PhasegateError } from "@phasegate/wire";
import type { OperationId, TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { withToken } from "../http/idempotency.ts";
import { route } from "../http/route.ts";
import type { Route, RouteAnswer } from "../http/route.ts";
import { decideOrThrow } from "../tasks/hold.ts";
import { leaseOf } from "../transitions/pending-jobs.ts";
import { readTransition, recordedAnswer } from "../transitions/recorded-answer.ts";
import { taskOfOperation } from "./operation-id.ts";
import type { Operation } from "./operations.ts";

const access = { kind: "principal", open: false } as const;

/** An operation as its own principal sees it: judged first in this process, then told by the ledger. */
async function readOperation(context: ServerContext, caller: Caller, text: string): Promise<RouteAnswer> {
  const { operationId, taskId } = parse(text);
  const held = context.operations.find(operationId);
  if (held) return heldAnswer(context, caller, held);
  return ledgerAnswer(context, caller, { operationId, taskId }, operationId);
}

async function heldAnswer(context: ServerContext, caller: Caller, held: Operation): Promise<RouteAnswer> {
  if (held.principal !== caller.principal.id) throw unknownOperation(held.id);
  const { judged } = held;
  const metadata = (stage: string) => ({ stage, started_at: held.startedAt, jobs: [], task_id: held.taskId });
  if (!judged) return { status: 200, body: { id: held.id, done: false, metadata: metadata("judging") } };
  if (judged.kind === "pending") {
    return ledgerAnswer(context, caller, { operationId: judged.operationId, taskId: held.taskId }, held.id);
  }
  const end =
    judged.kind === "error"
      ? { error: judged.error.toProblem() }
      : { response: (await withToken(context, judged.answer)).body };
  return { status: 200, body: { id: held.id, done: true, metadata: metadata("done"), ...end } };
}

/** The new token of a transition is minted here, when the live holder collects the answer. */
async function ledgerAnswer(
  context: ServerContext,
  caller: Caller,
  operation: { readonly operationId: OperationId; readonly taskId: TaskId },
  shownAs: OperationId,
): Promise<RouteAnswer> {
  const { operationId, taskId } = operation;
  const task = await context.tasks.load(taskId);
  const recorded = task ? await readTransition(context, taskId, operationId) : null;
  if (!task || recorded?.requestedBy !== caller.principal.id) throw unknownOperation(shownAs);
  const { done, answer } = await recordedAnswer(context, { taskId, operationId, principal: caller.principal.id });
  const waiting = task.status === "awaiting_approval" ? "awaiting_approval" : "gathering_evidence";
  const body = {
    id: shownAs,
    done,
    metadata: {
      stage: done ? "done" : waiting,
      started_at: recorded.requestedAt,
      jobs: done ? [] : context.progress.jobs(operationId),
      task_id: taskId,
      ...(done ? {} : { approval: (answer.body as { approval?: unknown }).approval ?? null }),
    },
    ...(done ? { response: (await withToken(context, answer)).body } : {}),
  };
  return { status: 200, body };
}

/** Ends an operation that is not decided. What runs for it is cancelled with it. */
async function withdrawOperation(context: ServerContext, caller: Caller, text: string): Promise<RouteAnswer> {
  const shown = await readOperation(context, caller, text);
  const { operationId, taskId } = parse(text);
  if ((shown.body as { done: boolean }).done) return shown;
  const held = context.operations.find(operationId);
  const pending = held?.judged?.kind === "pending" ? held.judged.operationId : operationId;
  const task = await context.tasks.require(taskId);
  if (task.pendingTransition?.operationId === pending) {
    const reason = "withdrawn by who asked for it";
    await decideOrThrow(
      context,
      caller,
      task,
      { type: "withdraw_transition", operationId: pending, reason },
      { lease: (decided) => leaseOf(context, decided) },
    );
  } else {
    held?.withdraw();
  }
  return readOperation(context, caller, text);
}

function parse(text: string): { operationId: OperationId; taskId: TaskId } {
  const parsed = taskOfOperation(text);
  if (!parsed) throw unknownOperation(text);
  return parsed;
}

function unknownOperation(text: string): PhasegateError {
  return new PhasegateError("unknown_operation", `no operation \`${text}\``, {
    hint: "use the id that the transition answered; only who asked for an operation may follow it",
  });
}

export const operationRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/operations/:operation_id",
    operationId: "readOperation",
    summary: "How far an operation is, and its answer once it is done",
    tag: "operations",
    access,
    params: OperationParams,
    answers: { 200: OperationAnswer },
    handle: (context, caller, { params }) => readOperation(context, caller, params.operation_id),
  }),
  route({
    method: "DELETE",
    path: "/api/v1/operations/:operation_id",
    operationId: "withdrawOperation",
    summary: "Withdraws an operation that is not done",
    tag: "operations",
    access,
    params: OperationParams,
    answers: { 200: OperationAnswer },
    handle: (context, caller, { params }) => withdrawOperation(context, caller, params.operation_id),
  }),
];
