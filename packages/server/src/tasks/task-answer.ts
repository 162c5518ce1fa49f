import { replacedArtifacts, type TaskState } from "@phasegate/engine";
import type { TaskRow } from "@phasegate/ledger";
import type { Finding, JsonObject } from "@phasegate/wire";
import { approvalSummary } from "../approvals/approval-answer.ts";
import type { ServerContext } from "../context.ts";
import { warningsOf } from "./warnings.ts";

/** A task as the API shows it. */
export async function taskAnswer(context: ServerContext, task: TaskState): Promise<JsonObject> {
  const warnings = warningsOf(task);
  const row = await context.ledger.getTask(task.id);
  return {
    id: task.id,
    title: task.title,
    description: task.description,
    status: task.status === "waiting" ? (row?.status ?? task.status) : task.status,
    phase: task.phase,
    entry: task.entry,
    epoch: task.epoch,
    assurance: task.assurance,
    guarantees: context.runner.capabilities.probes.map(({ name, held }) => ({ name, held })),
    holder: task.holder
      ? { agent_id: task.holder.agentId, principal: task.holder.principal, claimed_at: task.holder.claimedAt }
      : null,
    lease_expires_at: isoOrNull(row?.leaseExpiresAt ?? null),
    workflow: { ...task.workflow },
    priority: task.priority,
    capabilities: [...task.capabilities],
    labels: [...task.labels],
    dependencies: [...task.dependencies],
    base: { ...task.base },
    history: task.history.map((stay) => ({
      phase: stay.phase,
      entry: stay.entry,
      entered_at: stay.enteredAt,
      left_at: stay.leftAt,
    })),
    findings: standingFindings(task).map((finding) => ({ ...finding })),
    warnings: [...warnings.found],
    warnings_total: warnings.total,
    approvals: task.approvals.map((approval) => approvalSummary(task, approval)),
    blockers: task.blockers.map((blocker) => ({
      id: blocker.id,
      text: blocker.text,
      waits_for: blocker.waitsFor,
      resolved: blocker.resolved,
    })),
    triggers: task.triggers.map(({ operationId, index, action, from, to, entry, status, detail }) => ({
      operation_id: operationId,
      index,
      action,
      from,
      to,
      entry,
      status,
      detail,
    })),
    spawned_by: task.spawnedBy ? { task_id: task.spawnedBy.taskId, depth: task.spawnedBy.depth } : null,
    spawned: [...task.spawned],
    overridden: task.overridden,
    self_reported: task.selfReported,
    created_at: task.createdAt,
    ...(row ? { updated_at: row.updatedAt } : {}),
  };
}

/** What was found at the last decision, and each artifact that was replaced outside its phase since. */
export function standingFindings(task: TaskState): readonly Finding[] {
  const told = new Set(task.findings.map(({ message }) => message));
  return [...task.findings, ...replacedArtifacts(task).filter(({ message }) => !told.has(message))];
}

/** One row of a list of tasks. */
export function taskSummary(row: TaskRow): JsonObject {
  return {
    id: row.id,
    title: row.title,
    status: row.status,
    phase: row.phase,
    entry: row.entry,
    epoch: row.epoch,
    priority: row.priority,
    agent_id: row.agentId,
    workflow: { name: row.workflowName, digest: row.workflowDigest },
    assurance: row.assurance,
    labels: [...row.labels],
    capabilities: [...row.capabilities],
    dependencies: [...row.dependencies],
    overridden: row.overridden,
    lease_expires_at: isoOrNull(row.leaseExpiresAt),
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}

export function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
