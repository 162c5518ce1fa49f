import type { Decision, TaskState } from "@phasegate/engine";
import type { AppendBatch, NewJob } from "@phasegate/ledger";
import { isTerminal } from "@phasegate/wire";
import type { TreeDigest } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import type { ServerContext } from "../context.ts";

/** One decision, between the states before and after its events. */
export interface DecidedStep {
  readonly before: TaskState;
  readonly after: TaskState;
  readonly decision: Decision;
  readonly workflow: CompiledWorkflow;
}

/** Body of a job for a trigger. */
export interface TriggerJobBody {
  readonly operation_id: string;
  readonly index: number;
  /** The tree that was judged when the transition was granted. */
  readonly tree: TreeDigest;
}

/** Kinds of job for triggers: those of a transition that has a command among them, which may take an hour, and all others. */
export const slowTriggers = "trigger_command";
export const quickTriggers = "trigger";

/** Jobs that end by themselves when the task has left the stay, or has ended. */
export const stayJobs = ["phase_timeout"] as const;
const taskJobs = [...stayJobs, "approval_timeout"] as const;

/**
 * The jobs that follow from a decision whoever asked for it: the time limit of the stay that it begins, one job for each
 * trigger of its transition, and the end of those that are about what is over.
 */
export function followUpJobs(
  context: Pick<ServerContext, "ids" | "clock">,
  step: DecidedStep,
): Required<Pick<AppendBatch, "jobs" | "endsJobs">> {
  return { jobs: [...timeLimitJob(context, step), ...triggerJobs(context, step)], endsJobs: endedKinds(step) };
}

function timeLimitJob(
  { ids }: Pick<ServerContext, "ids">,
  { before, after, workflow }: DecidedStep,
): readonly NewJob[] {
  const limit = workflow.phases.get(after.phase)?.timeLimit;
  const begins = after.workedSince !== before.workedSince || after.entry !== before.entry;
  if (!limit || after.workedSince === null || !begins || isTerminal(after.status)) return [];
  return [
    {
      id: ids.make("job"),
      kind: "phase_timeout",
      taskId: after.id,
      fairnessKey: after.id,
      dueAt: Date.parse(after.workedSince) + limit.seconds * 1_000,
      body: { entry: after.entry },
    },
  ];
}

function triggerJobs(
  { ids, clock }: Pick<ServerContext, "ids" | "clock">,
  { after, decision }: DecidedStep,
): readonly NewJob[] {
  const jobs: NewJob[] = [];
  for (const event of decision.events) {
    if (event.type !== "task.transitioned") continue;
    const { operation_id, tree, triggers = [] } = event.data;
    const kind = triggers.includes("command") ? slowTriggers : quickTriggers;
    for (const index of triggers.keys()) {
      const body: TriggerJobBody = { operation_id, index, tree: tree as TreeDigest };
      jobs.push({
        id: ids.make("job"),
        kind,
        taskId: after.id,
        fairnessKey: after.id,
        dueAt: clock.now(),
        body: { ...body },
      });
    }
  }
  return jobs;
}

function endedKinds({ before, after }: DecidedStep): readonly string[] {
  if (isTerminal(after.status) && !isTerminal(before.status)) return taskJobs;
  const isOver = after.entry !== before.entry || (before.workedSince !== null && after.workedSince === null);
  return isOver ? stayJobs : [];
}
