import type { TaskState } from "@phasegate/engine";
import type { Job } from "@phasegate/ledger";
import { PhasegateError } from "@phasegate/wire";
import type { OperationId, TreeDigest } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { JobHandler } from "../jobs/dispatcher.ts";
import { serverCaller } from "../server-caller.ts";
import type { EvidenceJobBody } from "../transitions/pending-jobs.ts";
import { isPending, leaseOf } from "../transitions/pending-jobs.ts";
import { resumeTransition } from "../transitions/resume-transition.ts";
import { gatherEvidence } from "./gather-evidence.ts";

/** Jobs that may wait for a run. The runner bounds the runs and shares its places among agents; fewer would hide some from it. */
const concurrency = 64;
/** How often the lease of a holder whose runs are under way is looked after. */
const leaseRenewalMs = 10_000;

/** Gathers what a pending transition lacks and judges it again. A tree that changed meanwhile is run once more. */
export function evidenceJobHandler(context: ServerContext): JobHandler {
  return {
    kind: "evidence",
    concurrency,
    run: async (job, signal) => {
      const task = await pendingTask(context, job);
      if (!task) return;
      await keepingLease(context, task, () => judge(context, job, signal));
    },
    giveUp: async (job, error) => {
      const task = await pendingTask(context, job);
      if (task) await withdraw(context, task, `the evidence could not be gathered: ${textOf(error)}`);
    },
  };
}

async function judge(context: ServerContext, job: Job, signal: AbortSignal): Promise<void> {
  const body = bodyOf(job);
  const command = {
    type: "resume_transition",
    operationId: body.operation_id,
    newTokenId: body.new_token_id,
  } as const;
  let tree: TreeDigest = body.tree;
  for (const onChange of ["report", "judge"] as const) {
    const current = await pendingTask(context, job);
    if (!current) return;
    const evidence = await gather(context, current, command.operationId, tree, signal);
    signal.throwIfAborted();
    const changed = await resumeTransition(context, { task: current, command, evidence, tree, onChange });
    if (!changed) return;
    tree = changed.changedTo;
  }
}

async function gather(
  context: ServerContext,
  task: TaskState,
  operationId: OperationId,
  tree: TreeDigest,
  signal: AbortSignal,
) {
  const workflow = await context.tasks.workflowOf(task);
  const phase = workflow.phases.get(task.phase);
  const pending = task.pendingTransition;
  const to = pending?.kind === "complete" ? null : pending?.to;
  const transition = phase?.exits.find((exit) => exit.to === to);
  if (!phase || !transition) {
    throw new PhasegateError("internal_error", "the pending transition is not one of the workflow");
  }
  return gatherEvidence(context, { task, workflow, phase, transition, operationId, tree, signal });
}

function bodyOf(job: Job): EvidenceJobBody {
  return job.body as unknown as EvidenceJobBody;
}

/** The task, while the job's operation is its pending transition. */
async function pendingTask(context: ServerContext, job: Job): Promise<TaskState | null> {
  const task = job.taskId === null ? null : await context.tasks.refresh(job.taskId);
  return task && isPending(task, bodyOf(job).operation_id) ? task : null;
}

/** A holder that waits for its evidence does not fall silent: its lease runs on while the job does. */
async function keepingLease<Result>(
  context: ServerContext,
  task: TaskState,
  work: () => Promise<Result>,
): Promise<Result> {
  const extend = async (): Promise<void> => {
    const current = await context.tasks.require(task.id);
    if (current.status === "deciding") await context.leases.extend(current, await context.tasks.workflowOf(current));
  };
  const timer = setInterval(() => {
    extend().catch((error: unknown) =>
      context.log.warn({ err: error, task_id: task.id }, "a lease could not be extended"),
    );
  }, leaseRenewalMs);
  try {
    await extend();
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function withdraw(context: ServerContext, task: TaskState, reason: string): Promise<void> {
  const operationId = task.pendingTransition?.operationId;
  if (!operationId) return;
  await context.tasks.decide({
    taskId: task.id,
    caller: serverCaller(),
    command: { type: "withdraw_transition", operationId, reason },
    facts: {},
    lease: (decided) => leaseOf(context, decided),
  });
}

/** What may be told to the agent; a bug in here is for the log. */
function textOf(error: unknown): string {
  return error instanceof PhasegateError && error.code !== "internal_error" ? error.message : "an internal error";
}
