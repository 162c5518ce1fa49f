import { approvalTask } from "@phasegate/engine";
import type { ApprovalState, TaskState } from "@phasegate/engine";
import { PhasegateError, isEvent, parseId } from "@phasegate/wire";
import type { ApprovalListQuery, ApprovalStatus, JsonObject, PrincipalId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { maySee, seesEveryTask } from "../tasks/access.ts";
import { authorsOf } from "../transitions/transition-facts.ts";
import { approvalSummary } from "./approval-answer.ts";

export interface FoundApproval {
  readonly task: TaskState;
  readonly approval: ApprovalState;
}

/** The id of an approval names its task. */
async function findApproval(context: ServerContext, text: string): Promise<FoundApproval | null> {
  const taskId = approvalTask(text);
  const task = taskId ? await context.tasks.load(taskId) : null;
  const approval = task?.approvals.find((one) => one.id === text);
  return task && approval ? { task, approval } : null;
}

/** An approval of a task that the caller may see; any other is as one that is not there. */
export async function requireVisibleApproval(
  context: ServerContext,
  caller: Caller,
  text: string,
): Promise<FoundApproval> {
  const found = await findApproval(context, text);
  if (!found || !maySee(caller, found.task)) throw unknownApproval(text);
  return found;
}

/**
 * The approval that a caller decides on. Who may not see its task is told that it decides none, whether or not there is one;
 * agents of an author's owner learn from the engine that it is their own.
 */
export async function requireDecidableApproval(
  context: ServerContext,
  caller: Caller,
  text: string,
): Promise<FoundApproval> {
  const found = await findApproval(context, text);
  const { id, name } = caller.principal;
  if (found && (maySee(caller, found.task) || authorsOf(context, found.task).includes(id))) return found;
  if (seesEveryTask(caller)) throw unknownApproval(text);
  throw new PhasegateError("forbidden", `\`${name}\` has no role that decides approvals`, {
    hint: "ask a principal that the gate names, for instance a person with the role `approver`",
  });
}

function unknownApproval(text: string): PhasegateError {
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
  const scope = seesEveryTask(caller) ? {} : { visibleTo: caller.principal.id };
  const page =
    query.status === "requested" ? await openPage(context, query, scope) : await recordedPage(context, query, scope);
  const approvals = page.found
    .filter(({ task, approval }) => maySee(caller, task) && isAsked(query, approval.status))
    .map(({ task, approval }) => approvalSummary(task, approval));
  return { approvals, next_cursor: page.nextCursor };
}

/** The cursor of a page tells nothing of tasks that the caller may not see either. */
interface Scope {
  readonly visibleTo?: PrincipalId;
}

interface Page {
  readonly found: readonly FoundApproval[];
  readonly nextCursor: string | null;
}

/** Open questions are those of the tasks that wait for people, however long the ledger is. */
async function openPage(context: ServerContext, query: ApprovalListQuery, scope: Scope): Promise<Page> {
  const { rows, nextCursor } = await context.ledger.listTasks({
    ...scope,
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
async function recordedPage(context: ServerContext, query: ApprovalListQuery, scope: Scope): Promise<Page> {
  const taskId = query.task_id === undefined ? null : parseId("task", query.task_id);
  if (query.task_id !== undefined && !taskId) return { found: [], nextCursor: null };
  const { entries, nextCursor } = await context.ledger.queryAudit({
    ...scope,
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
