import {
  PhasegateError,
  RegisterWorkflowRequest,
  SimulateAnswer,
  SimulateRequest,
  WorkflowAnswer,
  WorkflowListAnswer,
  WorkflowParams,
} from "@phasegate/wire";
import type { JsonObject } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { commandLength } from "../http/command-length.ts";
import { simulateCalls } from "./simulate.ts";

const access = { kind: "roles", roles: ["operator", "admin"] } as const;
const tag = "workflows";

function workflowAnswer(context: ServerContext, workflow: CompiledWorkflow): JsonObject {
  const { normalized } = workflow;
  return {
    name: normalized.name,
    version: normalized.version,
    digest: workflow.digest,
    description: normalized.description,
    phases: [...workflow.phases.keys()],
    mode: normalized.mode,
    assurance: normalized.assurance,
    default: workflow.digest === context.workflows.defaultDigest,
  };
}

export const workflowRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/workflows",
    operationId: "listWorkflows",
    summary: "Every workflow that a task may pin",
    tag,
    access,
    answers: { 200: WorkflowListAnswer },
    handle: async (context) => ({
      status: 200,
      body: { workflows: (await context.workflows.list()).map((workflow) => workflowAnswer(context, workflow)) },
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/workflows",
    operationId: "registerWorkflow",
    summary: "Adds a workflow from its text",
    tag,
    access,
    body: RegisterWorkflowRequest,
    answers: { 201: WorkflowAnswer },
    handle: async (context, caller, { body }) => {
      const { workflow, warnings } = await context.workflows.registerText(
        {
          text: body.source,
          file: body.file ?? "workflow.yaml",
          ...(body.repository === undefined ? {} : { repository: body.repository }),
        },
        caller.principal.id,
      );
      return {
        status: 201,
        body: { ...workflowAnswer(context, workflow), warnings: warnings.map((warning) => ({ ...warning })) },
      };
    },
  }),
  route({
    method: "POST",
    path: "/api/v1/workflows/:digest/simulate",
    operationId: "simulateWorkflow",
    summary: "What the workflow alone would say to each call",
    tag,
    access,
    body: SimulateRequest,
    commandLength: ({ calls }) => calls.reduce((sum, { args }) => sum + commandLength(args), 0),
    params: WorkflowParams,
    answers: { 200: SimulateAnswer },
    handle: async (context, _caller, { body, params }) => {
      const workflow = await context.workflows.find(params.digest);
      if (!workflow) throw new PhasegateError("not_found", `no workflow \`${params.digest}\``);
      return { status: 200, body: { verdicts: await simulateCalls(workflow, body.calls) } };
    },
  }),
];
