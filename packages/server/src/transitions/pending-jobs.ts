import type { ResumeTransition } from "@phasegate/engine";
import type { AppendBatch, NewJob } from "@phasegate/ledger";
import type { OperationId, TreeDigest } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { Decided } from "../tasks/task-store.ts";

type Judged = Omit<Decided, "events">;

/** Body of an `evidence` job: gathers what a pending transition lacks, then judges it again. */
export interface EvidenceJobBody {
  readonly operation_id: OperationId;
  readonly new_token_id: ResumeTransition["newTokenId"];
  /** The tree that was judged when the job was asked for: what it runs on first. */
  readonly tree: TreeDigest;
}

/** Jobs that follow from a transition that was asked for: to gather what it lacks, and to end questions in time. */
export function jobsOf(context: ServerContext, judged: Judged, tree: TreeDigest | null): NewJob[] {
  const { decision, task } = judged;
  const lacks = decision.effect === "pending" && !decision.repeated && task.status === "deciding";
  return [...timeoutJobs(context, judged), ...(lacks && tree ? evidenceJob(context, judged, tree) : [])];
}

/** Jobs that end each new question to people in time. */
export function timeoutJobs(context: ServerContext, { decision, task }: Judged): NewJob[] {
  const jobs: NewJob[] = [];
  for (const event of decision.events) {
    if (event.type !== "approval.requested" || event.data.repeated) continue;
    jobs.push({
      id: context.ids.make("job"),
      kind: "approval_timeout",
      taskId: task.id,
      fairnessKey: task.id,
      dueAt: Date.parse(event.data.expires_at),
      body: { approval_id: event.data.approval_id },
    });
  }
  return jobs;
}

/** The job that judges the pending transition again; none when nothing is pending. */
export function evidenceJob(context: ServerContext, { task }: Judged, tree: TreeDigest): NewJob[] {
  const { pendingTransition } = task;
  if (!pendingTransition) return [];
  const body: EvidenceJobBody = {
    operation_id: pendingTransition.operationId,
    new_token_id: context.ids.make("token"),
    tree,
  };
  return [
    {
      id: context.ids.make("job"),
      kind: "evidence",
      taskId: task.id,
      fairnessKey: task.holder?.principal ?? task.id,
      dueAt: context.clock.now(),
      body: { ...body },
    },
  ];
}

/** No lease runs while people are awaited; a fresh one begins when the task is its holder's again. */
export function leaseOf(context: ServerContext, judged: Judged): AppendBatch["lease"] | undefined {
  const { decision, task, workflow } = judged;
  if (decision.events.length === 0) return undefined;
  if (task.status === "awaiting_approval") return null;
  if (task.status !== "active" || !task.holder) return undefined;
  const lease = context.leases.forClaim(workflow);
  context.leases.note(task.id, { epoch: task.epoch, ...lease });
  return { expiresAt: lease.expiresAt };
}

/** A task's pending transition is this operation. */
export function isPending(task: { readonly pendingTransition: { readonly operationId: string } | null }, id: string) {
  return task.pendingTransition?.operationId === id;
}
