import type { DependencyFact, TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";

/** The status of each of these tasks, as of now; one that is not there is left out. */
export async function statusOf(context: ServerContext, tasks: readonly TaskId[]): Promise<DependencyFact[]> {
  const found: DependencyFact[] = [];
  for (const id of tasks) {
    const row = await context.ledger.getTask(id);
    if (row) found.push({ id, status: row.status });
  }
  return found;
}
