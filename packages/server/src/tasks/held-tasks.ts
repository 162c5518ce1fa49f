import { PhasegateError, type TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { findTask } from "./access.ts";

const pageSize = 100;

/**
 * Refuses a claim with `too_many_tasks` when the agent is at work on as many tasks as one may hold, so that none hoards
 * the queue. Tasks that wait for an approval do not count, and taking up one's own task again is always allowed.
 * Claims that are made at the same moment may pass the bound by their number. Answers one of the tasks that the agent holds.
 */
export async function refuseHoarding(
  context: ServerContext,
  caller: Caller,
  claim: { readonly agent_id: string; readonly task_id?: string },
): Promise<TaskId | null> {
  const { principal } = caller;
  const most = context.config.tasks.max_held_per_agent;
  if (claim.task_id !== undefined) {
    const task = await findTask(context, claim.task_id);
    if (task?.holder?.principal === principal.id) return task.id;
  }
  // Under `security.auth: open` all callers are one principal, so there an agent is its name.
  const byName = context.config.security.auth === "open" ? { agentId: claim.agent_id } : {};
  let held = 0;
  let first: TaskId | null = null;
  let cursor: string | null = null;
  do {
    const page = await context.ledger.listTasks({
      status: "active",
      visibleTo: principal.id,
      ...byName,
      limit: pageSize,
      ...(cursor === null ? {} : { cursor }),
    });
    const own = page.rows.filter((row) => row.holderPrincipal === principal.id);
    held += own.length;
    first ??= own[0]?.id ?? null;
    cursor = page.nextCursor;
  } while (cursor !== null && held < most);
  if (held < most) return first;
  throw new PhasegateError(
    "too_many_tasks",
    `\`${principal.name}\` is at work on ${String(held)} tasks, as many as one may`,
    {
      hint: "finish or release one of them; an operator can raise `tasks.max_held_per_agent`",
      retryAfterSeconds: 30,
    },
  );
}
