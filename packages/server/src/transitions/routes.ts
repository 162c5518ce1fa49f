import { CompleteRequest, OperationAnswer, TaskParams, TransitionAnswer, TransitionRequest } from "@phasegate/wire";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { requireTokenTask } from "../tasks/token-task.ts";
import { runTransition } from "./run-transition.ts";

function preferOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const prefer = headers["prefer"];
  return typeof prefer === "string" ? prefer : null;
}

export const transitionRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/tasks/transition",
    operationId: "requestTransition",
    deadline: "own",
    summary: "Asks to leave a phase; judged on the exact tree",
    tag: "transitions",
    access: { kind: "principal", open: true },
    body: TransitionRequest,
    answers: { 200: TransitionAnswer, 202: OperationAnswer },
    handle: async (context, caller, { body, phaseToken, headers }) => {
      const { task, token } = await requireTokenTask(context, caller, body.task_id, phaseToken, "transition");
      const { current_phase: currentPhase, target_phase: targetPhase, artifacts = {} } = body;
      return runTransition(context, caller, { task, token, currentPhase, targetPhase, artifacts }, preferOf(headers));
    },
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/complete",
    operationId: "completeTask",
    deadline: "own",
    summary: "Asks to end the task; the last phase's artifacts and gates are judged",
    tag: "transitions",
    access: { kind: "principal", open: false },
    body: CompleteRequest,
    params: TaskParams,
    answers: { 200: TransitionAnswer, 202: OperationAnswer },
    handle: async (context, caller, { body, params, phaseToken, headers }) => {
      const { task, token } = await requireTokenTask(context, caller, params.task_id, phaseToken, "complete");
      return runTransition(
        context,
        caller,
        { task, token, currentPhase: task.phase, targetPhase: null, artifacts: body.artifacts ?? {} },
        preferOf(headers),
      );
    },
  }),
];
