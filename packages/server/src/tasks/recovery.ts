import type { TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { serverCaller } from "../server-caller.ts";

/**
 * Puts in order what a stop in the middle left: calls that were running are closed as interrupted, and
 * idempotency keys without an answer become unknown. A pending transition has its job in the ledger: the dispatcher
 * goes on with it. Runs before the first request.
 */
export async function recover(context: ServerContext): Promise<void> {
  await context.ledger.recoverIdempotent(context.clock.now());
  for (const status of ["active", "deciding"] as const) {
    let cursor: string | undefined;
    do {
      const page = await context.ledger.listTasks({ status, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
      for (const row of page.rows) await recoverTask(context, row.id);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

async function recoverTask(context: ServerContext, taskId: TaskId): Promise<void> {
  const task = await context.tasks.load(taskId);
  if (!task) return;
  if (task.openCalls.some((call) => call.via === "execute")) {
    await context.tasks.decide({
      taskId,
      caller: serverCaller(),
      command: { type: "interrupt_tools", reason: "the server stopped while the call ran" },
      facts: {},
    });
  }
}
