import { reviewCapability, type TaskState } from "@phasegate/engine";
import {
  digestJson,
  isTerminal,
  type JsonObject,
  PhasegateError,
  serverPrincipalId,
  type TaskId,
} from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";
import { type CreateInput, createTask } from "../tasks/create-task.ts";
import { failed, type TriggerOutcome, type TriggerSubject } from "./outcome.ts";
import { reviewWorkflowName, reviewWorkflowText } from "./review-workflow.ts";

/** Refusals that the next attempt would meet again. */
const lasting: readonly string[] = ["limit_exceeded", "unknown_workflow", "workflow_invalid", "invalid_request"];

const bounds = { title: 500, description: 20_000, label: 100, labels: 50 } as const;

/** Makes the task that `params` describes, once, as the server: of a workflow of the registry, by default its parent's, on the same repository. */
export async function spawnTask(
  context: ServerContext,
  { task, trigger }: TriggerSubject,
  params: JsonObject,
): Promise<TriggerOutcome> {
  const title = textOf(params["title"], bounds.title);
  if (title === null) return failed("`params.title` is missing: the title of the new task");
  const workflow = await context.workflows.find(textOf(params["workflow"], bounds.title) ?? task.workflow.digest);
  if (!workflow) return failed("`params.workflow` names no workflow of the registry");
  const parentWorkflow = await context.tasks.workflowOf(task);
  if (context.workflows.repositoryOf(workflow) !== context.workflows.repositoryOf(parentWorkflow)) {
    return failed("`params.workflow` is of another repository: a person creates tasks there");
  }
  const description = textOf(params["description"], bounds.description);
  const { priority } = params;
  const input: CreateInput = {
    title,
    ...(description === null ? {} : { description }),
    workflow: workflow.digest,
    priority: typeof priority === "number" && Number.isInteger(priority) ? Math.min(Math.max(priority, 0), 9) : 0,
    labels: textsOf(params["labels"]),
    capabilities: textsOf(params["capabilities"]),
  };
  const { operationId, index } = trigger;
  return spawnAll(context, task, [{ id: spawnedId({ parent: task.id, operationId, index }), input }]);
}

/**
 * Makes one review task for each model, for agents that claim with the capability `review`, and ends those of earlier
 * stays. It says where the work is; what counts at the gate are reviews that are posted on the work itself.
 */
export async function spawnReviews(
  context: ServerContext,
  { task, trigger }: TriggerSubject,
  workflow: CompiledWorkflow,
  params: JsonObject,
): Promise<TriggerOutcome> {
  await endReviewsOfEarlierStays(context, task);
  if (isTerminal(task.status) || task.entry !== trigger.entry) return spawnAll(context, task, []);
  const text = reviewWorkflowText(context.workflows.repositoryOf(workflow), workflow.normalized.assurance);
  const { workflow: reviewing } = await context.workflows.registerText(
    { text, file: "review.yaml", repository: context.workflows.repositoryOf(workflow) },
    serverPrincipalId,
  );
  const models = textsOf(params["models"]);
  const wanted = models.map((model) => ({
    id: spawnedId({ parent: task.id, entry: trigger.entry, model }),
    input: {
      title: `Review (${model}): ${task.title}`.slice(0, bounds.title),
      description: [
        `Review task ${task.id} in phase ${trigger.to}, entry ${trigger.entry}, for the model \`${model}\`.`,
        `Read GET /api/v1/tasks/${task.id}/diff?since=base, /artifacts and /evidence.`,
        `Post what you find to POST /api/v1/reviews/${task.id} with model "${model}", then complete this task.`,
      ].join("\n"),
      workflow: reviewing.digest,
      base: task.base.commit,
      priority: task.priority,
      capabilities: [reviewCapability],
      labels: [`review-of:${task.id}`, `review-entry:${trigger.entry}`, `review-model:${model}`.slice(0, bounds.label)],
    },
  }));
  return spawnAll(context, task, wanted);
}

interface Wanted {
  readonly id: TaskId;
  readonly input: CreateInput;
}

async function spawnAll(context: ServerContext, parent: TaskState, wanted: readonly Wanted[]): Promise<TriggerOutcome> {
  const spawned: TaskId[] = [];
  try {
    for (const { id, input } of wanted) {
      if ((await context.tasks.load(id)) === null) {
        const siblings = parent.spawned.length + spawned.length;
        const spawnedBy = { taskId: parent.id, depth: parent.spawnedBy?.depth ?? 0, siblings };
        await createTask(context, serverCaller(), input, { adHoc: false, taskId: id, spawnedBy });
      }
      spawned.push(id);
    }
  } catch (error) {
    if (!(error instanceof PhasegateError) || !lasting.includes(error.code)) throw error;
    return { ...failed(error.message), spawned };
  }
  return { status: "done", detail: null, spawned, result: null };
}

/** Earlier than the stay that the task is in now: a trigger that comes late ends no reviews of a later one. */
async function endReviewsOfEarlierStays(context: ServerContext, task: TaskState): Promise<void> {
  for (const id of task.spawned) {
    const review = await context.tasks.load(id);
    if (!review || review.workflow.name !== reviewWorkflowName || isTerminal(review.status)) continue;
    if (review.labels.includes(`review-entry:${task.entry}`)) continue;
    await context.runner.fence(review.id, review.epoch + 1);
    await context.tasks.decide({
      taskId: review.id,
      caller: serverCaller(),
      command: { type: "cancel", reason: "the work that it is about has moved on" },
      facts: {},
      lease: null,
    });
  }
}

/** The same trigger makes the same task, however often it runs. */
function spawnedId(of: JsonObject): TaskId {
  return `task_${digestJson(of).slice("sha256:".length, "sha256:".length + 24)}` as TaskId;
}

function textOf(value: unknown, maxLength: number): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.replaceAll("\0", "").slice(0, maxLength) : null;
}

function textsOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.flatMap((item) => textOf(item, bounds.label) ?? []) : [];
  return [...new Set(texts)].slice(0, bounds.labels);
}
