import type { TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { Rounds } from "../rounds.ts";
import { serverCaller } from "../server-caller.ts";

/** How often ended leases are looked for. */
const intervalMs = 1_000;
const perRound = 100;
const perPage = 500;

/**
 * Ends leases whose time is over, in the order fence, kill, offer: the runner refuses the old holder's work, its
 * processes end, and only then is the task offered again. After the clock went back, no lease lasts longer than one that
 * begins then.
 */
export class LeaseKeeper {
  /** Whoever made this starts and ends them. */
  readonly rounds: Rounds;
  readonly #context: ServerContext;
  #lastSweepAt = 0;

  constructor(context: ServerContext) {
    this.#context = context;
    this.rounds = new Rounds({
      run: () => this.sweep(),
      intervalMs,
      log: context.log,
      failed: "leases could not be swept",
    });
  }

  /** Ends every lease that is over now; resolves when their tasks are offered again. */
  async sweep(): Promise<void> {
    const { ledger, clock } = this.#context;
    if (clock.now() < this.#lastSweepAt) await this.#shortenAll();
    this.#lastSweepAt = clock.now();
    const ended = await ledger.expiredLeases({ now: clock.now(), limit: perRound });
    for (const lease of ended) {
      try {
        await this.#expire(lease);
      } catch (error) {
        this.#context.log.error({ err: error, task_id: lease.taskId }, "a lease could not be ended");
      }
    }
  }

  /** The clock went back: leases of before would last as much longer. */
  async #shortenAll(): Promise<void> {
    const { ledger, tasks, leases } = this.#context;
    let cursor: string | null = null;
    do {
      const page = await ledger.listTasks({ status: "active", limit: perPage, ...(cursor === null ? {} : { cursor }) });
      for (const { id, leaseExpiresAt } of page.rows) {
        const task = await tasks.load(id);
        if (!task?.holder || leaseExpiresAt === null) continue;
        await leases.shorten(task, await tasks.workflowOf(task), leaseExpiresAt);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  async #expire(lease: { taskId: TaskId; epoch: number; expiresAt: number }): Promise<void> {
    const task = await this.#context.tasks.load(lease.taskId);
    if (!task?.holder || task.epoch !== lease.epoch) return;
    if (this.#context.leases.isBusy(task.id, task.epoch)) return;
    // The holder may have shown itself since the list was read.
    const row = await this.#context.ledger.getTask(lease.taskId);
    if (
      row?.leaseExpiresAt !== null &&
      row?.leaseExpiresAt !== undefined &&
      row.leaseExpiresAt > this.#context.clock.now()
    )
      return;
    await this.#context.runner.fence(lease.taskId, lease.epoch + 1);
    await this.#context.tasks.decide({
      taskId: lease.taskId,
      caller: serverCaller(),
      command: { type: "expire", leaseExpiredAt: lease.expiresAt, epoch: lease.epoch },
      facts: {},
      lease: null,
    });
  }
}
