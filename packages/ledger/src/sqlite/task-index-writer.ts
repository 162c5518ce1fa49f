import type { StoredEvent, TaskId } from "@phasegate/wire";
import { changesTaskRow, projectBatch, taskOfStream, withOpenDependencies } from "../index-row.ts";
import type { Ledger, TaskRow } from "../port.ts";
import type { SqlDatabase } from "./driver.ts";
import { decodeTaskRow, encodeTaskRow, selectTaskRow, upsertTaskRow } from "./task-rows.ts";

/** Keeps the task index in step with the events, inside the transaction that appends them. */
export class TaskIndexWriter {
  readonly #statements;

  constructor(database: SqlDatabase) {
    this.#statements = {
      row: database.prepare(`${selectTaskRow} where task.id = ?`),
      put: database.prepare(upsertTaskRow),
      holder: database.prepare("select holder_principal from task where id = ?"),
      statusOf: database.prepare("select status from task where task_id = ?"),
      addDependency: database.prepare("insert or ignore into task_dependency (depends_on, task) values (?, ?)"),
      dependents: database.prepare("select task from task_dependency where depends_on = ?"),
      addHolder: database.prepare("insert or ignore into task_holder (principal, task) values (?, ?)"),
      setLease: database.prepare("insert or replace into lease (task, expires_at) values (?, ?)"),
      held: database.prepare("select id from task where task_id = ? and epoch = ? and holder_principal = ?"),
      moveLease: database.prepare("update lease set expires_at = ? where task = ?"),
      endLease: database.prepare("delete from lease where task = ?"),
    };
  }

  /** Folds the row-changing events of one batch, then applies its lease. `number` is the stream's. */
  apply(
    stream: { readonly number: number; readonly name: string },
    events: readonly StoredEvent[],
    lease: { readonly expiresAt: number } | null | undefined,
  ): void {
    const id = taskOfStream(stream.name);
    if (id === null) return;
    const changing = events.filter(({ type }) => changesTaskRow(type));
    if (changing.length > 0) {
      const before = this.#row(stream.number);
      const { row: after, holders } = projectBatch(before, changing);
      if (after === null) return;
      this.#put(stream.number, { before, after, holders });
      // Where nobody held the task within the batch its lease ended there, whoever holds it at the end.
      const kept = after.leaseExpiresAt === null ? null : undefined;
      this.#applyLease(stream.number, after.holderPrincipal === null ? null : lease === undefined ? kept : lease);
    } else if (lease !== undefined) {
      const holder = this.#statements.holder.get(stream.number)?.["holder_principal"] ?? null;
      this.#applyLease(stream.number, holder === null ? null : lease);
    }
  }

  /** Moves the end of a lease that runs, if the task is still at `epoch` under `principal`. */
  renewLease({ taskId, epoch, principal, expiresAt }: Parameters<Ledger["renewLease"]>[0]): boolean {
    const task = this.#statements.held.get(taskId, epoch, principal)?.["id"];
    if (task === undefined) return false;
    this.#statements.moveLease.run(expiresAt, task);
    return true;
  }

  #row(number: number): TaskRow | null {
    const row = this.#statements.row.get(number);
    return row === undefined ? null : decodeTaskRow(row);
  }

  #put(
    number: number,
    change: { readonly before: TaskRow | null; readonly after: TaskRow; readonly holders: readonly string[] },
  ): void {
    const { before, after, holders } = change;
    if (before === null) {
      for (const dependency of after.dependencies) this.#statements.addDependency.run(dependency, number);
    }
    this.#statements.put.run(...encodeTaskRow(number, this.#judgeDependencies(after)));
    for (const holder of holders) this.#statements.addHolder.run(holder, number);
    if ((before?.status === "completed") === (after.status === "completed")) return;
    for (const { task } of this.#statements.dependents.all(after.id)) {
      const row = this.#row(task as number);
      if (row !== null) this.#statements.put.run(...encodeTaskRow(task as number, this.#judgeDependencies(row)));
    }
  }

  #judgeDependencies(row: TaskRow): TaskRow {
    const open = row.dependencies.filter((id: TaskId) => this.#statements.statusOf.get(id)?.["status"] !== "completed");
    return withOpenDependencies(row, open.length);
  }

  #applyLease(number: number, lease: { readonly expiresAt: number } | null | undefined): void {
    if (lease === null) this.#statements.endLease.run(number);
    else if (lease !== undefined) this.#statements.setLease.run(number, lease.expiresAt);
  }
}
