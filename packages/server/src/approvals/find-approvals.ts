import { approvalTask } from "@phasegate/engine";
import type { ApprovalState, TaskState } from "@phasegate/engine";
import { PhasegateError, isEvent, parseId } from "@phasegate/wire";
import type { ApprovalListQuery, ApprovalStatus, JsonObject } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { maySee } from "../tasks/access.ts";
import { approvalSummary } from "./approval-answer.ts";

export interface FoundApproval {
  readonly task: TaskState;
  readonly approval: ApprovalState;
}

/** An approval by its id, which names its task. */
export async function requireApproval(context: ServerContext, text: string): Promise<FoundApproval> {
  const taskId = approvalTask(text);
  const task = taskId ? await context.tasks.load(taskId) : null;
  const approval = task?.approvals.find((one) => one.id === text);
  if (!task || !approval) throw unknownApproval(text);
  return { task, approval };
}

export function unknownApproval(text: string): PhasegateError {
  return new PhasegateError("unknown_approval", `no approval \`${parseId("approval", text) ?? "of this id"}\``, {
    hint: "list the open ones with `phasegate approvals`",
  });
}

/** Approvals that match, as far as the caller may see their tasks. */
export async function listApprovals(
  context: ServerContext,
  caller: Caller,
  query: ApprovalListQuery,
): Promise<JsonObject> {
  const page = query.status === "requested" ? await openPage(context, query) : await recordedPage(context, query);
  const approvals = page.found
    .filter(({ task, approval }) => maySee(caller, task) && isAsked(query, approval.status))
    .map(({ task, approval }) => approvalSummary(task, approval));
  return { approvals, next_cursor: page.nextCursor };
}

interface Page {
  readonly found: readonly FoundApproval[];
  readonly nextCursor: string | null;
}

/** Open questions are those of the tasks that wait for people, however long the ledger is. */
async function openPage(context: ServerContext, query: ApprovalListQuery): Promise<Page> {
  const { rows, nextCursor } = await context.ledger.listTasks({
    status: "awaiting_approval",
    limit: query.limit ?? 50,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const found: FoundApproval[] = [];
  for (const row of rows) {
    if (query.task_id !== undefined && row.id !== query.task_id) continue;
    const task = await context.tasks.require(row.id);
    for (const approval of task.approvals) found.push({ task, approval });
  }
  return { found, nextCursor };
}

/** Every question that was ever asked, newest first, from the ledger's index of events. */
async function recordedPage(context: ServerContext, query: ApprovalListQuery): Promise<Page> {
  const taskId = query.task_id === undefined ? null : parseId("task", query.task_id);
  if (query.task_id !== undefined && !taskId) return { found: [], nextCursor: null };
  const { entries, nextCursor } = await context.ledger.queryAudit({
    types: ["approval.requested"],
    limit: query.limit ?? 50,
    ...(taskId ? { taskId } : {}),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const found: FoundApproval[] = [];
  for (const { event } of entries) {
    if (!isEvent(event, "approval.requested") || event.data.repeated) continue;
    const task = await context.tasks.load(approvalTask(event.data.approval_id) ?? ("" as TaskState["id"]));
    const approval = task?.approvals.find((one) => one.id === event.data.approval_id);
    if (task && approval) found.push({ task, approval });
  }
  return { found, nextCursor };
}

function isAsked(query: ApprovalListQuery, status: ApprovalStatus): boolean {
  return query.status === undefined || query.status === status;
}
