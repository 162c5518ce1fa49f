import type { PrincipalId, TaskId } from "@phasegate/wire";
import type { Page, TaskQuery, TaskRow } from "../port.ts";
import { pageSize, parseCursor } from "../query-bounds.ts";
import type { Reader } from "./reader.ts";
import { decodeTaskRow, selectTaskRow } from "./task-rows.ts";

export function readTask(reader: Reader, id: TaskId): TaskRow | null {
  const row = reader.get(`${selectTaskRow} where task.task_id = ?`, id);
  return row === null ? null : decodeTaskRow(row);
}

export function listTasks(reader: Reader, query: TaskQuery): Page<TaskRow> {
  const limit = pageSize(query.limit);
  const filters: string[] = [];
  const values: string[] = [];
  const filter = (sql: string, value: string | undefined): void => {
    if (value === undefined) return;
    filters.push(`and ${sql}`);
    values.push(value);
  };
  filter("task.status = ?", query.status);
  filter("task.phase = ?", query.phase);
  filter("task.agent_id = ?", query.agentId);
  filter("exists (select 1 from json_each(task.labels) where value = ?)", query.label);
  filter("task.id in (select task from task_holder where principal = ?)", query.visibleTo);
  const rows = reader.all(
    `${selectTaskRow} where task.id > ? ${filters.join(" ")} order by task.id limit ?`,
    parseCursor(query.cursor) ?? 0,
    ...values,
    limit + 1,
  );
  const page = rows.slice(0, limit);
  return {
    rows: page.map(decodeTaskRow),
    nextCursor: rows.length > limit ? String(page.at(-1)?.["id"]) : null,
  };
}

/** Goes through the few distinct sets of capabilities that ready tasks ask for, and takes the best of each. */
export function offerTasks(reader: Reader, query: { capabilities: readonly string[]; limit: number }): TaskId[] {
  const limit = pageSize(query.limit);
  const best: { id: TaskId; priority: number; number: number }[] = [];
  let needed = nextNeeded(reader, "");
  for (; needed !== null; needed = nextNeeded(reader, needed)) {
    if (!(JSON.parse(needed) as string[]).every((one) => query.capabilities.includes(one))) continue;
    const rows = reader.all(
      `select id, task_id, priority from task indexed by task_offer
       where status = 'ready' and open_dependencies = 0 and capabilities = ? order by priority desc, id limit ?`,
      needed,
      limit,
    );
    for (const row of rows) {
      best.push({ id: row["task_id"] as TaskId, priority: row["priority"] as number, number: row["id"] as number });
    }
  }
  return best
    .sort((left, right) => right.priority - left.priority || left.number - right.number)
    .slice(0, limit)
    .map(({ id }) => id);
}

export function dependentsOf(reader: Reader, id: TaskId): TaskId[] {
  const rows = reader.all(
    `select task.task_id from task_dependency join task on task.id = task_dependency.task
     where depends_on = ? order by task.id`,
    id,
  );
  return rows.map((row) => row["task_id"] as TaskId);
}

export function wasHeldBy(reader: Reader, id: TaskId, principal: PrincipalId): boolean {
  const sql = `select 1 from task_holder join task on task.id = task_holder.task where principal = ? and task_id = ?`;
  return reader.get(sql, principal, id) !== null;
}

export function expiredLeases(
  reader: Reader,
  { now, limit }: { now: number; limit: number },
): { taskId: TaskId; epoch: number; expiresAt: number }[] {
  const rows = reader.all(
    `select task.task_id, task.epoch, lease.expires_at from lease join task on task.id = lease.task
     where lease.expires_at <= ? order by lease.expires_at, task.id limit ?`,
    now,
    pageSize(limit),
  );
  return rows.map((row) => ({
    taskId: row["task_id"] as TaskId,
    epoch: row["epoch"] as number,
    expiresAt: row["expires_at"] as number,
  }));
}

function nextNeeded(reader: Reader, after: string): string | null {
  const row = reader.get(
    `select capabilities from task indexed by task_offer where status = 'ready' and open_dependencies = 0 and capabilities > ?
     order by capabilities limit 1`,
    after,
  );
  return (row?.["capabilities"] ?? null) as string | null;
}
