import { PhasegateError } from "@phasegate/wire";
import type { JsonObject, OperationId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { callerWithSignal } from "../server-caller.ts";
import type { RouteAnswer } from "../http/route.ts";
import type { Operation } from "../operations/operations.ts";
import { requestTransition } from "./request-transition.ts";
import type { TransitionInput } from "./request-transition.ts";

/** Longest that one transition may be under way, whoever waits for it. */
const maxTransitionMs = 10 * 60 * 1_000;

/**
 * Runs a transition as an operation and waits for it as long as the caller and the configuration say. With `Prefer:
 * respond-async` it answers at once; else an answer that takes longer than `server.transition_wait_seconds` is "not
 * yet", and the same request again gets the recorded answer.
 */
export async function runTransition(
  context: ServerContext,
  caller: Caller,
  input: TransitionInput,
  prefer: string | null,
): Promise<RouteAnswer> {
  const operation = context.operations.start({
    id: context.ids.make("operation"),
    taskId: input.task.id,
    principal: caller.principal.id,
  });
  const running = settle(context, caller, operation, input);
  if (prefer !== null && /(^|,)\s*respond-async\b/i.test(prefer)) {
    const location = `/api/v1/operations/${operation.id}`;
    void running;
    return {
      status: 202,
      headers: { Location: location },
      body: {
        id: operation.id,
        done: false,
        metadata: { stage: operation.stage, started_at: operation.startedAt, jobs: [], task_id: operation.taskId },
      },
    };
  }
  const finished = await waitAtMost(running, context.config.server.transition_wait_seconds * 1_000);
  if (!finished) return { status: 200, body: notYet(operation.id) };
  context.operations.forget(operation.id);
  if (operation.outcome?.kind === "response") return operation.outcome.answer;
  throw operation.outcome?.error ?? new PhasegateError("internal_error", "the transition ended without an outcome");
}

async function settle(
  context: ServerContext,
  caller: Caller,
  operation: Operation,
  input: TransitionInput,
): Promise<void> {
  // The request's own signal ends with the request; the operation goes on for whoever asks for it later.
  const signal = AbortSignal.any([operation.signal, AbortSignal.timeout(maxTransitionMs)]);
  try {
    const answer = await requestTransition(context, callerWithSignal(caller, signal), operation.id, input);
    operation.outcome = { kind: "response", answer };
  } catch (error) {
    const known =
      error instanceof PhasegateError
        ? error
        : new PhasegateError("internal_error", "the transition could not be judged");
    if (!(error instanceof PhasegateError))
      context.log.error({ err: error, operation: operation.id }, "transition failed");
    operation.outcome = { kind: "error", error: known };
  }
  operation.stage = "done";
}

async function waitAtMost(running: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([running.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function notYet(operationId: OperationId): JsonObject {
  return {
    allowed: false,
    new_token: null,
    blockers: ["evidence_running"],
    findings: [],
    warnings: [],
    operation_id: operationId,
  };
}
