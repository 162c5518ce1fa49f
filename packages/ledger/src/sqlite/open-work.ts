import { isTerminal, type TaskStatus, taskStatuses } from "@phasegate/wire";
import { maxCounted, type OpenWork } from "../port.ts";
import type { Reader } from "./reader.ts";

/** Counts along indexes, and stops at `maxCounted`: cost does not grow with the ledger. */
export function countOpen(reader: Reader): OpenWork {
  const tasks: Partial<Record<TaskStatus, number>> = {};
  for (const status of taskStatuses) {
    if (isTerminal(status)) continue;
    const row = reader.get(
      "select count(*) as tasks from (select 1 from task where status = ? limit ?)",
      status,
      maxCounted,
    );
    tasks[status] = row?.["tasks"] as number;
  }
  const rows = reader.all(
    "select kind, count(*) as jobs from (select kind from job order by number limit ?) group by kind",
    maxCounted,
  );
  return { tasks, jobs: Object.fromEntries(rows.map((row) => [row["kind"] as string, row["jobs"] as number])) };
}
