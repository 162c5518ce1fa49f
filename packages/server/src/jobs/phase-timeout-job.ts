import type { ExpirePhase } from "@phasegate/engine";
import type { ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";
import type { JobHandler } from "./dispatcher.ts";

const concurrency = 8;

/** Ends the time of a stay as its phase says; one that is over meanwhile is left alone. */
export function phaseTimeoutHandler(context: ServerContext): JobHandler {
  return {
    kind: "phase_timeout",
    concurrency,
    run: async (job) => {
      const task = job.taskId === null ? null : await context.tasks.refresh(job.taskId);
      const entry = job.body["entry"];
      if (!task || typeof entry !== "number") return;
      const command: ExpirePhase = { type: "expire_phase", entry, blockerId: context.ids.make("blocker") };
      const caller = serverCaller();
      const { decision, task: now } = await context.tasks.preview(task.id, caller, command, {});
      if (decision.events.length === 0) return;
      // Fence, kill, offer: what the holder left running ends before the task is another's, or over.
      const takesAway = decision.events.some(({ type }) => type === "task.failed" || type === "task.reassigned");
      if (takesAway) await context.runner.fence(now.id, now.epoch + 1);
      await context.tasks.decide({ taskId: now.id, caller, command, facts: {} });
    },
    // A limit that is not enforced now is enforced later.
    giveUp: (_job, error) => Promise.reject(error),
  };
}
