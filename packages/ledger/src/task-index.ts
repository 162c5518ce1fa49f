import type { PrincipalId, StoredEvent, TaskId } from "@phasegate/wire";
import { projectBatch, taskOfStream, withOpenDependencies } from "./index-row.ts";
import type { Ledger, Page, TaskQuery, TaskRow } from "./port.ts";
import { pageSize, parseCursor } from "./query-bounds.ts";

/**
 * The task index in memory, with dependencies, leases, and who ever held what: the index of the memory ledger, and
 * what `audit verify` compares a stored index with. `Map` keeps tasks in order of creation.
 */
export class TaskIndex {
  readonly #rows = new Map<TaskId, TaskRow>();
  readonly #dependents = new Map<TaskId, TaskId[]>();
  readonly #holders = new Map<TaskId, Set<PrincipalId>>();

  /** Folds the events of one batch, then applies its lease. */
  apply(
    stream: string,
    events: readonly StoredEvent[],
    lease: { readonly expiresAt: number } | null | undefined,
  ): void {
    const id = taskOfStream(stream);
    if (id === null) return;
    const before = this.#rows.get(id) ?? null;
    const { row: folded, holders } = projectBatch(before, events);
    if (folded === null) return;
    let row = folded;
    if (before === null) {
      for (const dependency of row.dependencies) {
        this.#dependents.set(dependency, [...(this.#dependents.get(dependency) ?? []), id]);
      }
    }
    if (lease !== undefined) row = { ...row, leaseExpiresAt: lease === null ? null : lease.expiresAt };
    if (row.holderPrincipal === null) row = { ...row, leaseExpiresAt: null };
    this.#rows.set(id, this.#judgeDependencies(row));
    for (const holder of holders) this.#noteHolder(id, holder);
    if ((before?.status === "completed") !== (row.status === "completed")) this.#tellDependents(id);
  }

  rows(): IterableIterator<TaskRow> {
    return this.#rows.values();
  }

  /** Every principal that ever held a task. */
  holdersOf(id: TaskId): ReadonlySet<PrincipalId> {
    return this.#holders.get(id) ?? new Set();
  }

  get(id: TaskId): TaskRow | null {
    return this.#rows.get(id) ?? null;
  }

  list(query: TaskQuery): Page<TaskRow> {
    const after = parseCursor(query.cursor) ?? 0;
    const limit = pageSize(query.limit);
    const rows: TaskRow[] = [];
    let ordinal = 0;
    for (const row of this.#rows.values()) {
      ordinal += 1;
      if (ordinal <= after || !this.#matches(row, query)) continue;
      rows.push(row);
      if (rows.length === limit) return { rows, nextCursor: ordinal < this.#rows.size ? String(ordinal) : null };
    }
    return { rows, nextCursor: null };
  }

  offer({ capabilities, limit }: { capabilities: readonly string[]; limit: number }): TaskId[] {
    return [...this.#rows.values()]
      .filter((row) => row.status === "ready" && row.openDependencies === 0)
      .filter((row) => row.capabilities.every((needed) => capabilities.includes(needed)))
      .sort((left, right) => right.priority - left.priority)
      .slice(0, limit)
      .map((row) => row.id);
  }

  dependentsOf(id: TaskId): TaskId[] {
    return [...(this.#dependents.get(id) ?? [])];
  }

  wasHeldBy(id: TaskId, principal: PrincipalId): boolean {
    return this.holdersOf(id).has(principal);
  }

  renewLease({ taskId, epoch, principal, expiresAt }: Parameters<Ledger["renewLease"]>[0]): boolean {
    const row = this.#rows.get(taskId);
    if (row === undefined || row.epoch !== epoch || row.holderPrincipal !== principal) return false;
    if (row.leaseExpiresAt !== null) this.#rows.set(taskId, { ...row, leaseExpiresAt: expiresAt });
    return true;
  }

  expiredLeases({
    now,
    limit,
  }: {
    now: number;
    limit: number;
  }): { taskId: TaskId; epoch: number; expiresAt: number }[] {
    return [...this.#rows.values()]
      .flatMap(({ id, epoch, leaseExpiresAt }) =>
        leaseExpiresAt !== null && leaseExpiresAt <= now ? [{ taskId: id, epoch, expiresAt: leaseExpiresAt }] : [],
      )
      .sort((left, right) => left.expiresAt - right.expiresAt)
      .slice(0, limit);
  }

  #judgeDependencies(row: TaskRow): TaskRow {
    const open = row.dependencies.filter((dependency) => this.#rows.get(dependency)?.status !== "completed");
    return withOpenDependencies(row, open.length);
  }

  #tellDependents(id: TaskId): void {
    for (const dependent of this.dependentsOf(id)) {
      const row = this.#rows.get(dependent);
      if (row !== undefined) this.#rows.set(dependent, this.#judgeDependencies(row));
    }
  }

  #noteHolder(id: TaskId, holder: PrincipalId): void {
    const holders = this.#holders.get(id);
    if (holders === undefined) this.#holders.set(id, new Set([holder]));
    else holders.add(holder);
  }

  #matches(row: TaskRow, query: TaskQuery): boolean {
    return (
      (query.status === undefined || row.status === query.status) &&
      (query.phase === undefined || row.phase === query.phase) &&
      (query.label === undefined || row.labels.includes(query.label)) &&
      (query.agentId === undefined || row.agentId === query.agentId) &&
      (query.visibleTo === undefined || this.wasHeldBy(row.id, query.visibleTo))
    );
  }
}
