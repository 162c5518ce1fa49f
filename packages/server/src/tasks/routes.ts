import type { TaskState } from "@phasegate/engine";
import {
  ArtifactsAnswer,
  BlockerAnswer,
  BlockerParams,
  BriefAnswer,
  ClaimAnswer,
  ClaimRequest,
  CreateTaskRequest,
  DiffAnswer,
  DiffQuery,
  EndHoldRequest,
  EvidenceListAnswer,
  OperatorRequest,
  OverrideRequest,
  RecordBlockerRequest,
  RenewAnswer,
  RenewRequest,
  ResolveBlockerRequest,
  SyncAnswer,
  SyncRequest,
  TaskAnswer,
  TaskListAnswer,
  TaskListQuery,
  TaskParams,
} from "@phasegate/wire";
import type { JsonObject } from "@phasegate/wire";
import type { TSchema } from "typebox";
import type { Caller, ServerContext } from "../context.ts";
import { listEvidence } from "../evidence/evidence-answer.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { writeBrief } from "../state/brief.ts";
import { requireVisibleTask, seesEveryTask } from "./access.ts";
import { claimTask } from "./claim-task.ts";
import { createTask } from "./create-task.ts";
import { endHold, operateTask, recordBlocker, renewHold, resolveBlocker } from "./hold.ts";
import { releaseTask } from "./release-task.ts";
import { syncTask } from "./sync-task.ts";
import { taskAnswer, taskSummary } from "./task-answer.ts";
import { listArtifacts, readDiff } from "./task-contents.ts";

const anyKey = { kind: "principal", open: false } as const;
const operator = { kind: "roles", roles: ["operator", "admin"] } as const;
const tag = "tasks";

/** The three operator calls that differ only in what they do to the task. */
function operatorRoute(name: "cancel" | "reassign" | "reopen", summary: string): Route {
  return route({
    method: "POST",
    path: `/api/v1/tasks/:task_id/${name}`,
    operationId: `${name}Task`,
    summary,
    tag,
    access: operator,
    body: OperatorRequest,
    params: TaskParams,
    answers: { 200: TaskAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 200,
      body: await operateTask(
        context,
        caller,
        params.task_id,
        { type: name, reason: body.reason },
        { fence: name !== "reopen" },
      ),
    }),
  });
}

/** One look at a task, for whoever may see it. */
function taskView(
  name: string,
  view: {
    readonly operationId: string;
    readonly summary: string;
    readonly answer: TSchema;
    readonly read: (context: ServerContext, task: TaskState) => Promise<object>;
  },
): Route {
  return route({
    method: "GET",
    path: `/api/v1/tasks/:task_id${name}`,
    operationId: view.operationId,
    summary: view.summary,
    tag,
    access: anyKey,
    params: TaskParams,
    answers: { 200: view.answer },
    handle: async (context, caller, { params }) => ({
      status: 200,
      body: await view.read(context, await requireVisibleTask(context, caller, params.task_id)),
    }),
  });
}

async function listTasks(context: ServerContext, caller: Caller, query: TaskListQuery): Promise<JsonObject> {
  const page = await context.ledger.listTasks({
    ...(seesEveryTask(caller) ? {} : { visibleTo: caller.principal.id }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.phase === undefined ? {} : { phase: query.phase }),
    ...(query.label === undefined ? {} : { label: query.label }),
    ...(query.agent_id === undefined ? {} : { agentId: query.agent_id }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    limit: query.limit ?? 50,
  });
  return { tasks: page.rows.map(taskSummary), next_cursor: page.nextCursor };
}

export const taskRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/tasks/claim",
    operationId: "claimTask",
    summary: "Takes one ready task and the token of its phase",
    tag,
    access: { kind: "principal", open: true },
    body: ClaimRequest,
    answers: { 200: ClaimAnswer },
    handle: (context, caller, { body }) => claimTask(context, caller, body),
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks",
    operationId: "createTask",
    summary: "Adds a task, pinned to a workflow and a base commit",
    tag,
    access: operator,
    body: CreateTaskRequest,
    answers: { 201: TaskAnswer },
    handle: async (context, caller, { body }) => {
      const task = await createTask(context, caller, body, { adHoc: false });
      return { status: 201, body: await taskAnswer(context, task), headers: { Location: `/api/v1/tasks/${task.id}` } };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks",
    operationId: "listTasks",
    summary: "Tasks that match; an agent sees its own",
    tag,
    access: anyKey,
    query: TaskListQuery,
    long: true,
    answers: { 200: TaskListAnswer },
    handle: async (context, caller, { query }) => ({ status: 200, body: await listTasks(context, caller, query) }),
  }),
  taskView("", {
    operationId: "readTask",
    summary: "One task",
    answer: TaskAnswer,
    read: taskAnswer,
  }),
  taskView("/artifacts", {
    operationId: "listArtifacts",
    summary: "The latest submission of each artifact type",
    answer: ArtifactsAnswer,
    read: listArtifacts,
  }),
  route({
    method: "GET",
    path: "/api/v1/tasks/:task_id/diff",
    operationId: "readDiff",
    summary: "What changed since the phase was entered, or since the base",
    tag,
    access: anyKey,
    params: TaskParams,
    query: DiffQuery,
    long: true,
    answers: { 200: DiffAnswer },
    handle: async (context, caller, { params, query }) => ({
      status: 200,
      body: await readDiff(context, await requireVisibleTask(context, caller, params.task_id), query),
    }),
  }),
  taskView("/evidence", {
    operationId: "listEvidence",
    summary: "Evidence gathered for the task",
    answer: EvidenceListAnswer,
    read: listEvidence,
  }),
  taskView("/brief", {
    operationId: "readBrief",
    summary: "Where the task stands, in Markdown under 1 kB",
    answer: BriefAnswer,
    read: async (context, task) => ({ brief: writeBrief(task, await context.tasks.workflowOf(task)) }),
  }),
  ...(["heartbeat", "token"] as const).map((kind) =>
    route({
      method: "POST",
      path: `/api/v1/tasks/:task_id/${kind}`,
      operationId: kind === "heartbeat" ? "heartbeat" : "renewToken",
      summary: kind === "heartbeat" ? "Says that the holder lives; extends the lease" : "A new token of the same epoch",
      tag,
      access: anyKey,
      body: RenewRequest,
      params: TaskParams,
      answers: { 200: RenewAnswer },
      handle: (context, caller, { params, phaseToken }) => renewHold(context, caller, params.task_id, phaseToken, kind),
    }),
  ),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/release",
    operationId: "releaseTask",
    summary: "Gives the task back, in the same phase, workspace intact",
    tag,
    access: anyKey,
    body: EndHoldRequest,
    params: TaskParams,
    answers: { 200: TaskAnswer },
    handle: async (context, caller, { body, params, phaseToken }) => ({
      status: 200,
      body: await releaseTask(context, caller, params.task_id, phaseToken, body.reason ?? "released"),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/fail",
    operationId: "failTask",
    summary: "Gives the task up",
    tag,
    access: anyKey,
    body: EndHoldRequest,
    params: TaskParams,
    answers: { 200: TaskAnswer },
    handle: async (context, caller, { body, params, phaseToken }) => ({
      status: 200,
      body: await endHold(context, caller, params.task_id, phaseToken, (token) => ({
        type: "fail",
        token,
        reason: body.reason ?? "failed",
      })),
    }),
  }),
  operatorRoute("cancel", "Ends a task that is not to be done"),
  operatorRoute("reassign", "Takes a task from its holder and offers it again"),
  operatorRoute("reopen", "Opens an ended task again, in its last phase"),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/sync",
    operationId: "syncTask",
    summary: "Merges a moved base into the task",
    tag,
    access: operator,
    body: SyncRequest,
    params: TaskParams,
    answers: { 200: SyncAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 200,
      body: await syncTask(context, caller, params.task_id, body),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/override",
    operationId: "overrideGate",
    summary: "A person lets one gate of this entry pass, loudly",
    tag,
    access: { kind: "roles", roles: ["operator"], person: true },
    body: OverrideRequest,
    params: TaskParams,
    answers: { 200: TaskAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 200,
      body: await operateTask(
        context,
        caller,
        params.task_id,
        { type: "override", gate: body.gate, reason: body.reason, expiresInSeconds: body.expires_in_seconds },
        { fence: false },
      ),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/blockers",
    operationId: "recordBlocker",
    summary: "Records what stands in the way",
    tag,
    access: anyKey,
    body: RecordBlockerRequest,
    params: TaskParams,
    answers: { 201: BlockerAnswer },
    handle: async (context, caller, { body, params }) => ({
      status: 201,
      body: await recordBlocker(context, caller, params.task_id, body),
    }),
  }),
  route({
    method: "POST",
    path: "/api/v1/tasks/:task_id/blockers/:blocker_id/resolve",
    operationId: "resolveBlocker",
    summary: "Says that it no longer stands in the way",
    tag,
    access: anyKey,
    body: ResolveBlockerRequest,
    params: BlockerParams,
    answers: { 200: BlockerAnswer },
    handle: async (context, caller, { params }) => ({
      status: 200,
      body: await resolveBlocker(context, caller, params.task_id, params.blocker_id),
    }),
  }),
];
