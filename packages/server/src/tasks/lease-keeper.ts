import type { TaskState } from "@phasegate/engine";
import type { Page, TaskRow } from "@phasegate/ledger";
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
 * processes end, and only then is the task offered again. A principal whose last key was revoked keeps no lease. After
 * the clock went back, no lease lasts longer than one that begins then.
 */
export class LeaseKeeper {
  /** Whoever made this starts and ends them. */
  readonly rounds: Rounds;
  readonly #context: ServerContext;
  #lastSweepAt = 0;
  /** Of keys, as it was when holders were last looked at. */
  #authorityVersion = -1;

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
    await this.#endThoseCutOff();
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
    const { tasks, leases } = this.#context;
    await this.#forEachHeld("active", async ({ id, leaseExpiresAt }) => {
      const task = await tasks.load(id);
      if (!task?.holder || leaseExpiresAt === null) return;
      await leases.shorten(task, await tasks.workflowOf(task), leaseExpiresAt);
    });
  }

  /** After keys changed: whoever has no key left, the last one revoked, holds nothing any more. */
  async #endThoseCutOff(): Promise<void> {
    const { keys, tasks, log } = this.#context;
    const version = keys.authorityVersion;
    if (version === this.#authorityVersion) return;
    for (const status of ["active", "deciding"] as const) {
      await this.#forEachHeld(status, async ({ id, holderPrincipal }) => {
        if (holderPrincipal === null || !keys.isCutOff(holderPrincipal)) return;
        const task = await tasks.load(id);
        if (task?.holder?.principal !== holderPrincipal) return;
        await endCutOff(this.#context, task).catch((error: unknown) => {
          log.error({ err: error, task_id: id }, "a task could not be taken from a principal whose key was revoked");
        });
      });
    }
    this.#authorityVersion = version;
  }

  async #forEachHeld(status: "active" | "deciding", use: (row: TaskRow) => Promise<void>): Promise<void> {
    let cursor: string | null = null;
    do {
      const page: Page<TaskRow> = await this.#context.ledger.listTasks({
        status,
        limit: perPage,
        ...(cursor === null ? {} : { cursor }),
      });
      for (const row of page.rows) await use(row);
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
    await endLease(this.#context, lease);
  }
}

/**
 * Takes a task from a holder whose last key was revoked: what it runs ends, a transition under way is withdrawn, and the
 * task is offered again.
 */
export function endCutOff(context: ServerContext, { id, epoch }: TaskState): Promise<void> {
  const reason = "the key of its holder was revoked";
  return endLease(context, { taskId: id, epoch, expiresAt: context.clock.now(), reason });
}

/** Fences the holder first, so that nothing of it runs when the task is offered again. */
async function endLease(
  context: ServerContext,
  { taskId, epoch, expiresAt, reason }: { taskId: TaskId; epoch: number; expiresAt: number; reason?: string },
): Promise<void> {
  await context.runner.fence(taskId, epoch + 1);
  await context.tasks.decide({
    taskId,
    caller: serverCaller(),
    command: { type: "expire", leaseExpiredAt: expiresAt, epoch, ...(reason === undefined ? {} : { reason }) },
    facts: {},
    lease: null,
  });
}
