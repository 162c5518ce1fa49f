import type { TaskState } from "@phasegate/engine";
import type { TaskId } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";
import { LRUCache } from "lru-cache";
import type { ServerContext } from "../context.ts";

interface KnownLease {
  readonly epoch: number;
  readonly expiresAt: number;
  readonly durationMs: number;
  renewedAt: number;
}

/**
 * Keeps the leases of tasks alive. Any authenticated call of the holder extends its lease, yet a busy agent must not
 * cost a write a call: a lease is written again only when an eighth of it has passed.
 */
export class Leases {
  readonly #context: ServerContext;
  /** Calls under way here, by task and epoch; each ends by its own time limit. */
  readonly #running = new Map<string, number>();
  readonly #known = new LRUCache<TaskId, KnownLease>({ max: 10_000 });

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** A claim that may come from an agent that never heartbeats: its lease lasts as long as its token. */
  forClaim(workflow: CompiledWorkflow): { expiresAt: number; durationMs: number } {
    const durationMs = this.#silentSeconds(workflow) * 1_000;
    return { expiresAt: this.#context.clock.now() + durationMs, durationMs };
  }

  /** Notes a lease that an append has just written. */
  note(taskId: TaskId, lease: { epoch: number; expiresAt: number; durationMs: number }): void {
    this.#known.set(taskId, { ...lease, renewedAt: this.#context.clock.now() });
  }

  /** After a heartbeat the lease is as short as configured: this agent says when it lives. */
  async heartbeat(task: TaskState, workflow: CompiledWorkflow): Promise<number> {
    return this.#write(task, this.#leaseSeconds(workflow) * 1_000);
  }

  /** Extends the lease of the task's holder, and answers when it ends. */
  async extend(task: TaskState, workflow: CompiledWorkflow): Promise<number> {
    const known = this.#known.get(task.id);
    const now = this.#context.clock.now();
    // A clock that went back would keep the lease of before for as long.
    const isFresh = known && now >= known.renewedAt && now - known.renewedAt < known.durationMs / 8;
    if (isFresh && known.epoch === task.epoch) return known.expiresAt;
    const durationMs = known?.epoch === task.epoch ? known.durationMs : this.#silentSeconds(workflow) * 1_000;
    return this.#write(task, durationMs);
  }

  /** Ends a lease that a clock which went back made longer than any lasts, as late as one that begins now. */
  async shorten(task: TaskState, workflow: CompiledWorkflow, expiresAt: number): Promise<void> {
    const known = this.#known.get(task.id);
    const durationMs = known?.epoch === task.epoch ? known.durationMs : this.#silentSeconds(workflow) * 1_000;
    if (expiresAt > this.#context.clock.now() + durationMs) await this.#write(task, durationMs);
  }

  /** Runs a call of the holder. Its lease does not end while the call runs, and runs anew from its end. */
  async during<Value>(task: TaskState, workflow: CompiledWorkflow, call: () => Promise<Value>): Promise<Value> {
    const name = `${task.id} ${task.epoch}`;
    await this.extend(task, workflow);
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    try {
      return await call();
    } finally {
      // Before the call counts as ended, or a sweep could come between.
      await this.extend(task, workflow).catch(() => undefined);
      const left = (this.#running.get(name) ?? 1) - 1;
      if (left > 0) this.#running.set(name, left);
      else this.#running.delete(name);
    }
  }

  isBusy(taskId: TaskId, epoch: number): boolean {
    return this.#running.has(`${taskId} ${epoch}`);
  }

  #leaseSeconds(workflow: CompiledWorkflow): number {
    return workflow.normalized.coordination.leaseSeconds ?? this.#context.config.tasks.lease_seconds;
  }

  #silentSeconds(workflow: CompiledWorkflow): number {
    const token = workflow.normalized.tokens.expirySeconds ?? this.#context.config.security.token_expiry_seconds;
    return Math.max(token, this.#leaseSeconds(workflow));
  }

  async #write(task: TaskState, durationMs: number): Promise<number> {
    const now = this.#context.clock.now();
    const expiresAt = now + durationMs;
    if (!task.holder) return now;
    const renewed = await this.#context.ledger.renewLease({
      taskId: task.id,
      epoch: task.epoch,
      principal: task.holder.principal,
      expiresAt,
    });
    if (renewed) this.#known.set(task.id, { epoch: task.epoch, expiresAt, durationMs, renewedAt: now });
    return expiresAt;
  }
}
