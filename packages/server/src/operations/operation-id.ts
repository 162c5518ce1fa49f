import { idPrefixes, parseId } from "@phasegate/wire";
import type { OperationId, TaskId } from "@phasegate/wire";
import type { Ids } from "../context.ts";

/** Characters of an id after its prefix, as `createIds` makes them. */
const bodyLength = 24;

/** An operation's id names its task, so that its decision is found in the ledger after any restart. */
export function makeOperationId(ids: Ids, taskId: TaskId): OperationId {
  const task = taskId.slice(idPrefixes.task.length + 1);
  const own = ids.make("operation").slice(idPrefixes.operation.length + 1);
  return `${idPrefixes.operation}_${task}${own}` as OperationId;
}

/** The task that an operation is of; null for a text that `makeOperationId` never made. */
export function taskOfOperation(text: string): { operationId: OperationId; taskId: TaskId } | null {
  const operationId = parseId("operation", text);
  if (!operationId) return null;
  const body = operationId.slice(idPrefixes.operation.length + 1);
  const taskId = parseId("task", `${idPrefixes.task}_${body.slice(0, -bodyLength)}`);
  return taskId ? { operationId, taskId } : null;
}
