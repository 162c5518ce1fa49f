import type { TaskState, TriggerState } from "@phasegate/engine";
import type { Job } from "@phasegate/ledger";
import { PhasegateError, type TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { JobHandler } from "../jobs/dispatcher.ts";
import type { TriggerJobBody } from "../jobs/follow-up-jobs.ts";
import { serverCaller } from "../server-caller.ts";
import { carryOut } from "./carry-out.ts";
import { failed, type TriggerOutcome } from "./outcome.ts";

/** Triggers under way at once. Commands wait for the runner's own places besides. */
const concurrency = 4;
/** Longest text of what went wrong. */
const maxDetail = 500;

/**
 * Carries out one trigger of a transition that was granted. At least once: what it makes has an id that follows from the
 * trigger, and how it ended is recorded once. It runs as the server, and its failure touches neither the task nor any
 * gate.
 */
export function triggerHandler(context: ServerContext): JobHandler {
  const ofTasks = new Map<TaskId, Promise<void>>();
  return {
    kind: "trigger",
    concurrency,
    run: (job, signal) =>
      inTurn(ofTasks, job.taskId, async () => {
        const found = await pendingTrigger(context, job);
        if (!found) return;
        const { task, trigger } = found;
        const outcome = await carryOut(context, { task, trigger, tree: bodyOf(job).tree, signal });
        await settle(context, task, trigger, outcome);
      }),
    giveUp: async (job, error) => {
      const found = await pendingTrigger(context, job);
      if (found) await settle(context, found.task, found.trigger, failed(textOf(error)));
    },
  };
}

/** The triggers of one task run one after another, so that what they make together stays within its bounds. */
async function inTurn(
  ofTasks: Map<TaskId, Promise<void>>,
  taskId: Job["taskId"],
  work: () => Promise<void>,
): Promise<void> {
  if (taskId === null) return;
  const before = ofTasks.get(taskId) ?? Promise.resolve();
  const own = before.then(work, work);
  ofTasks.set(taskId, own);
  try {
    await own;
  } finally {
    if (ofTasks.get(taskId) === own) ofTasks.delete(taskId);
  }
}

async function settle(
  context: ServerContext,
  task: TaskState,
  { operationId, index }: TriggerState,
  { status, detail, spawned, result }: TriggerOutcome,
): Promise<void> {
  await context.tasks.decide({
    taskId: task.id,
    caller: serverCaller(),
    command: {
      type: "record_trigger",
      operationId,
      index,
      status,
      detail: detail === null ? null : detail.slice(0, maxDetail),
      resultDigest: result?.digest ?? null,
      spawned,
    },
    facts: {},
    ...(result ? { payloads: [result] } : {}),
  });
}

async function pendingTrigger(
  context: ServerContext,
  job: Job,
): Promise<{ readonly task: TaskState; readonly trigger: TriggerState } | null> {
  const { operation_id: operationId, index } = bodyOf(job);
  const task = job.taskId === null ? null : await context.tasks.refresh(job.taskId);
  const trigger = task?.triggers.find((one) => one.operationId === operationId && one.index === index);
  return task && trigger?.status === "pending" ? { task, trigger } : null;
}

function bodyOf(job: Job): TriggerJobBody {
  return job.body as unknown as TriggerJobBody;
}

/** What may be shown with the task; a bug in here is for the log. */
function textOf(error: unknown): string {
  return error instanceof PhasegateError && error.code !== "internal_error" ? error.message : "an internal error";
}
