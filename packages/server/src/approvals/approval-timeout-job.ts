import { parseId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import type { JobHandler } from "../jobs/dispatcher.ts";
import { serverCaller } from "../server-caller.ts";
import { timeoutJobs, leaseOf } from "../transitions/pending-jobs.ts";

const concurrency = 8;

/** Ends an approval that nobody gave in time; one that was decided or taken back is left alone. */
export function approvalTimeoutHandler(context: ServerContext): JobHandler {
  return {
    kind: "approval_timeout",
    concurrency,
    run: async (job) => {
      const approvalId = parseId("approval", job.body["approval_id"]);
      const task = job.taskId === null ? null : await context.tasks.load(job.taskId);
      const approval = task?.approvals.find((one) => one.id === approvalId);
      if (!task || !approvalId || (approval?.status !== "requested" && approval?.status !== "granted")) return;
      await context.tasks.decide({
        taskId: task.id,
        caller: serverCaller(),
        command: { type: "expire_approval", approvalId },
        facts: {},
        lease: (decided) => leaseOf(context, decided),
        jobs: (decided) => timeoutJobs(context, decided),
      });
    },
    // What is to follow from the end of its time follows later.
    giveUp: (_job, error) => Promise.reject(error),
  };
}
