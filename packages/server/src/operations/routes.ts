import { OperationAnswer, OperationParams, parseId } from "@phasegate/wire";
import type { OperationId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { withToken } from "../http/idempotency.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import type { Operation } from "./operations.ts";

const access = { kind: "principal", open: false } as const;

/** The new token of a transition is minted here, when the one who asked for it collects the answer. */
async function operationAnswer(context: ServerContext, operation: Operation): Promise<Record<string, unknown>> {
  const { outcome } = operation;
  return {
    id: operation.id,
    done: outcome !== null,
    metadata: { stage: operation.stage, started_at: operation.startedAt, jobs: [], task_id: operation.taskId },
    ...(outcome?.kind === "response" ? { response: (await withToken(context, outcome.answer)).body } : {}),
    ...(outcome?.kind === "error" ? { error: outcome.error.toProblem() } : {}),
  };
}

function operationId(text: string): OperationId {
  return parseId("operation", text) ?? (text as OperationId);
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
    handle: async (context, caller, { params }) => {
      const operation = context.operations.require(operationId(params.operation_id), caller.principal.id);
      return { status: 200, body: await operationAnswer(context, operation) };
    },
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
    handle: async (context, caller, { params }) => {
      const operation = context.operations.require(operationId(params.operation_id), caller.principal.id);
      operation.withdraw();
      return { status: 200, body: await operationAnswer(context, operation) };
    },
  }),
];
