import type { AssuranceLevel, PrincipalId, TaskId, TaskStatus, WorkflowDigest } from "@phasegate/wire";
import type { TaskRow } from "../port.ts";
import type { SqlRow, SqlValue } from "./driver.ts";

/** All of a row: what is stored, its lease, and version and time of its stream's last event. */
export const selectTaskRow = `
  select task.*, lease.expires_at as lease_expires_at,
    (select version from event where stream_id = task.id order by version desc limit 1) as version,
    (select at from event where stream_id = task.id order by version desc limit 1) as updated_at
  from task left join lease on lease.task = task.id`;

/** The row that `selectTaskRow` found. */
export function decodeTaskRow(row: SqlRow): TaskRow {
  const text = (name: string): string => row[name] as string;
  const number = (name: string): number => row[name] as number;
  const list = (name: string): string[] => JSON.parse(text(name)) as string[];
  return {
    id: text("task_id") as TaskId,
    version: number("version"),
    title: text("title"),
    status: text("status") as TaskStatus,
    phase: text("phase"),
    entry: number("entry"),
    epoch: number("epoch"),
    priority: number("priority"),
    capabilities: list("capabilities"),
    labels: list("labels"),
    dependencies: list("dependencies") as TaskId[],
    openDependencies: number("open_dependencies"),
    workflowDigest: text("workflow_digest") as WorkflowDigest,
    workflowName: text("workflow_name"),
    holderPrincipal: row["holder_principal"] as PrincipalId | null,
    agentId: row["agent_id"] as string | null,
    assurance: row["assurance"] as AssuranceLevel | null,
    overridden: row["overridden"] === 1,
    createdAt: text("created_at"),
    updatedAt: text("updated_at"),
    leaseExpiresAt: row["lease_expires_at"] as number | null,
  };
}

export const upsertTaskRow = `
  insert or replace into task (id, task_id, title, status, phase, entry, epoch, priority, capabilities, labels,
    dependencies, open_dependencies, workflow_digest, workflow_name, holder_principal, agent_id, assurance,
    overridden, created_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The values of `upsertTaskRow`. */
export function encodeTaskRow(number: number, row: TaskRow): SqlValue[] {
  return [
    number,
    row.id,
    row.title,
    row.status,
    row.phase,
    row.entry,
    row.epoch,
    row.priority,
    JSON.stringify(row.capabilities),
    JSON.stringify(row.labels),
    JSON.stringify(row.dependencies),
    row.openDependencies,
    row.workflowDigest,
    row.workflowName,
    row.holderPrincipal,
    row.agentId,
    row.assurance,
    row.overridden ? 1 : 0,
    row.createdAt,
  ];
}
