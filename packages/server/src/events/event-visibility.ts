import type { Ledger } from "@phasegate/ledger";
import { isEvent, parseId, PhasegateError, type StoredEvent, type TaskId } from "@phasegate/wire";
import type { Caller, ServerContext } from "../context.ts";
import { seesEveryTask } from "../tasks/access.ts";

const pageSize = 1_000;
const taskPrefix = "task/";

/**
 * Which events a caller may see: all, or only those of tasks that it holds or has held. It must be shown the events
 * in order, since a claim that it sees opens the task's later events.
 */
export class EventVisibility {
  private readonly caller: Caller;
  private readonly ownTasks: Set<string> | null;

  private constructor(caller: Caller, ownTasks: Set<string> | null) {
    this.caller = caller;
    this.ownTasks = ownTasks;
  }

  static async of(caller: Caller, ledger: Ledger): Promise<EventVisibility> {
    if (seesEveryTask(caller)) return new EventVisibility(caller, null);
    const own = new Set<string>();
    let cursor: string | null = null;
    do {
      const page = await ledger.listTasks({
        visibleTo: caller.principal.id,
        limit: pageSize,
        ...(cursor === null ? {} : { cursor }),
      });
      for (const row of page.rows) own.add(row.id);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return new EventVisibility(caller, own);
  }

  allows(event: StoredEvent): boolean {
    if (this.ownTasks === null) return true;
    if (!event.stream.startsWith(taskPrefix)) return false;
    const taskId = event.stream.slice(taskPrefix.length);
    if (isEvent(event, "task.claimed") && event.data.principal === this.caller.principal.id) this.ownTasks.add(taskId);
    return this.ownTasks.has(taskId);
  }

  /** The task that a request names, if the caller may see it; else `unknown_task`. */
  async requireTask(context: ServerContext, text: string): Promise<TaskId> {
    const id = parseId("task", text);
    const visible =
      id !== null && (this.ownTasks ? this.ownTasks.has(id) : (await context.ledger.getTask(id)) !== null);
    if (!visible) {
      throw new PhasegateError("unknown_task", `no task has the id \`${text}\`, or it is not yours to see`, {
        hint: "GET /api/v1/tasks lists those that you may see",
      });
    }
    return id;
  }
}
