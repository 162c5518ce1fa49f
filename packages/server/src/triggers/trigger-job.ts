import type { TaskState, TriggerState } from "@phasegate/engine";
import type { Job } from "@phasegate/ledger";
import { PhasegateError, type TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { JobHandler } from "../jobs/dispatcher.ts";
import { quickTriggers, slowTriggers, type TriggerJobBody } from "../jobs/follow-up-jobs.ts";
import { serverCaller } from "../server-caller.ts";
import { carryOut } from "./carry-out.ts";
import { failed, type TriggerOutcome } from "./outcome.ts";

interface PendingTrigger {
  readonly task: TaskState;
  readonly trigger: TriggerState;
}

/** Quick triggers under way at once. */
const concurrency = 4;
/** Longest text of what went wrong. */
const maxDetail = 500;
/** What these make together stays within its bounds. */
const making: readonly string[] = ["spawn_task", "spawn_review_agents"];

/**
 * Carries out one trigger of a transition that was granted. At least once: what it makes has an id that follows from the
 * trigger, and how it ended is recorded once. It runs as the server, and its failure touches neither the task nor any
 * gate. Those of one transition run in their order, one at a time, and take places from no other task; commands have places
 * of their own, and wait for those of the runner besides.
 */
export function triggerHandlers(context: ServerContext): readonly JobHandler[] {
  const ofTasks = new Map<TaskId, Promise<void>>();
  const one: Pick<JobHandler, "concurrencyPerKey" | "run" | "giveUp"> = {
    concurrencyPerKey: 1,
    run: async (job, signal) => {
      const found = await pendingTrigger(context, job);
      if (!found) return;
      if (!making.includes(found.trigger.action)) return carryOutFound(context, found, { job, signal });
      await inTurn(ofTasks, found.task.id, async () => {
        const still = await pendingTrigger(context, job);
        if (still) await carryOutFound(context, still, { job, signal });
      });
    },
    giveUp: async (job, error) => {
      const found = await pendingTrigger(context, job);
      if (found) await settle(context, found.task, found.trigger, failed(textOf(error)));
    },
  };
  return [
    { ...one, kind: quickTriggers, concurrency },
    { ...one, kind: slowTriggers, concurrency: context.config.runner.max_concurrent_runs },
  ];
}

async function carryOutFound(
  context: ServerContext,
  { task, trigger }: PendingTrigger,
  { job, signal }: { readonly job: Job; readonly signal: AbortSignal },
): Promise<void> {
  const outcome = await carryOut(context, { task, trigger, tree: bodyOf(job).tree, signal });
  await settle(context, task, trigger, outcome);
}

/** What makes tasks runs one after another for each task. */
async function inTurn(ofTasks: Map<TaskId, Promise<void>>, taskId: TaskId, work: () => Promise<void>): Promise<void> {
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

async function pendingTrigger(context: ServerContext, job: Job): Promise<PendingTrigger | null> {
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
