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
      for (const row of page.rows) {
        await interruptEndedCalls(context, row.id, "the server stopped while the call ran");
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

/**
 * Records the open calls of a task that nobody runs any more as interrupted; answers how many run still. What they did
 * was put back when their end was not recorded, or is compared at the next use of the workspace.
 */
export async function interruptEndedCalls(context: ServerContext, taskId: TaskId, reason: string): Promise<number> {
  const task = await context.tasks.refresh(taskId);
  const open = (task?.openCalls ?? []).filter((call) => call.via === "execute");
  // RACE: a call is busy from before its intent until after its end, so an open one that is not has ended. One that
  // begins from here on is not among those that are named.
  const ended = open.filter((call) => !context.leases.isBusy(taskId, call.epoch));
  if (ended.length > 0) {
    await context.tasks.decide({
      taskId,
      caller: serverCaller(),
      command: { type: "interrupt_tools", calls: ended.map(({ callId }) => callId), reason },
      facts: {},
    });
  }
  return open.length - ended.length;
}
