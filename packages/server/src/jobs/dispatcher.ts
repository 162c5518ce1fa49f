import type { Job } from "@phasegate/ledger";
import { delayAfter } from "@phasegate/resilience";
import type { JobId, TaskId } from "@phasegate/wire";
import type { ServerContext } from "../context.ts";
import { withLogContext } from "../telemetry/log-context.ts";
import { backoffOf } from "./backoff.ts";

/** How one kind of job is done. At least once: what a handler finds already done, it leaves alone. */
export interface JobHandler {
  readonly kind: string;
  /** Jobs of this kind at once. */
  readonly concurrency: number;
  /** Of those, jobs with one fairness key. Default: as many as are free. */
  readonly concurrencyPerKey?: number;
  /** Resolves when the job is done for good. `signal` fires when the job was cancelled or the server stops. */
  run(job: Job, signal: AbortSignal): Promise<void>;
  /** The last attempt failed: whoever waits is told. Where it rejects the job stays, due when its lease has run out. */
  giveUp(job: Job, error: unknown): Promise<void>;
}

/** The parts of the server that jobs are run with. */
export type DispatcherContext = Pick<ServerContext, "ledger" | "clock" | "ids" | "log" | "metrics" | "tracing"> & {
  readonly config: Pick<ServerContext["config"], "retry">;
};

interface Running {
  readonly taskId: TaskId | null;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** How long a job is kept by an instance that shows no sign of life. */
const leaseMs = 30_000;
const renewalMs = 10_000;
/** How often the ledger is asked for jobs that became due without anyone saying so. */
const pollMs = 1_000;

/**
 * Runs the ledger's jobs: at least once, bounded by kind, taking turns by fairness key, backed off.
 *
 * States: *idle* (made, takes nothing), *resting* (a timer runs), *taking* (one round asks the ledger, no timer),
 * *stopped*. `start` leads from idle to resting; the timer or `wake` to taking; a wake during a round makes one more
 * round. `close` leads to stopped from anywhere: what runs is told to end and awaited, and goes back to the ledger as
 * due at once, so that the next start resumes it. A job's lease is renewed while it runs; after a crash the job is
 * offered again when the lease has run out. Attempts that were cut short by a stop count, yet never give a job up.
 */
export class Dispatcher {
  readonly #context: DispatcherContext;
  readonly #handlers: readonly JobHandler[];
  readonly #owner: string;
  readonly #running = new Map<JobId, Running & { readonly kind: string }>();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #wokenAgain = false;
  #started = false;
  #stopped = false;

  constructor(context: DispatcherContext, handlers: readonly JobHandler[]) {
    this.#context = context;
    this.#handlers = handlers;
    this.#owner = context.ids.make("job");
  }

  start(): void {
    this.#started = true;
    this.wake();
  }

  /** Asks for due jobs now: something was appended with a job, or a place became free. */
  wake(): void {
    if (!this.#started || this.#stopped) return;
    if (this.#round) {
      this.#wokenAgain = true;
      return;
    }
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#round = this.#takeAll()
      .catch((error: unknown) => this.#context.log.error({ err: error }, "jobs could not be taken"))
      .then(() => this.#rest());
  }

  /** Ends a task's jobs of one kind, waiting ones and running ones: nothing waits for them any more. */
  abandon(taskId: TaskId, kind: string): void {
    this.#context.ledger
      .cancelJobs({ taskId, kinds: [kind] })
      .catch((error: unknown) =>
        this.#context.log.warn({ err: error, task_id: taskId }, "jobs could not be cancelled"),
      );
    for (const one of this.#running.values()) {
      if (one.taskId === taskId && one.kind === kind) one.controller.abort();
    }
  }

  /** Resolves when no round is under way and nothing runs. */
  async settled(): Promise<void> {
    while (this.#round || this.#running.size > 0) {
      await this.#round;
      await Promise.all([...this.#running.values()].map((one) => one.done));
    }
  }

  async close(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#round;
    for (const one of this.#running.values()) one.controller.abort();
    await Promise.all([...this.#running.values()].map((one) => one.done));
  }

  #rest(): void {
    this.#round = null;
    if (this.#stopped) return;
    if (this.#wokenAgain) {
      this.#wokenAgain = false;
      this.wake();
      return;
    }
    this.#timer = setTimeout(() => this.wake(), pollMs);
    this.#timer.unref();
  }

  async #takeAll(): Promise<void> {
    for (const handler of this.#handlers) {
      const busy = [...this.#running.values()].filter((one) => one.kind === handler.kind).length;
      if (busy >= handler.concurrency) continue;
      const jobs = await this.#context.ledger.takeJobs({
        owner: this.#owner,
        now: this.#context.clock.now(),
        leaseMs,
        limit: handler.concurrency - busy,
        kinds: [handler.kind],
        ...(handler.concurrencyPerKey === undefined ? {} : { maxPerKey: handler.concurrencyPerKey }),
      });
      for (const job of jobs) if (!this.#running.has(job.id)) this.#begin(handler, job);
    }
  }

  #begin(handler: JobHandler, job: Job): void {
    const controller = new AbortController();
    const renewal = setInterval(() => void this.#renew(job), renewalMs);
    renewal.unref();
    const ids = { job_id: job.id, ...(job.taskId === null ? {} : { task_id: job.taskId }) };
    const done = withLogContext(ids, () => this.#run(handler, job, controller.signal)).finally(() => {
      clearInterval(renewal);
      this.#running.delete(job.id);
      this.wake();
    });
    this.#running.set(job.id, { kind: handler.kind, taskId: job.taskId, controller, done });
  }

  async #renew(job: Job): Promise<void> {
    const { ledger, clock, log } = this.#context;
    try {
      const kept = await ledger.renewJob({
        id: job.id,
        owner: this.#owner,
        leasedUntil: clock.now() + leaseMs,
      });
      // Cancelled, or taken over after a pause longer than the lease: another instance does it now.
      if (!kept) this.#running.get(job.id)?.controller.abort();
    } catch (error) {
      log.warn({ err: error, job_id: job.id }, "a job's lease could not be renewed");
    }
  }

  async #run(handler: JobHandler, job: Job, signal: AbortSignal): Promise<void> {
    const { log } = this.#context;
    try {
      this.#context.metrics.jobBegan(job.kind, (this.#context.clock.now() - job.dueAt) / 1_000);
      await this.#trace(job, () => handler.run(job, signal));
      await this.#finish(job);
    } catch (error) {
      this.#context.metrics.jobFailed(job.kind);
      log.warn({ err: error, job_id: job.id, kind: job.kind, attempt: job.attempts }, "a job failed");
      try {
        await this.#settleFailed(handler, job, error, signal);
      } catch (cause) {
        // The lease runs out and the job is offered again.
        log.error({ err: cause, job_id: job.id }, "a failed job could not be settled");
      }
    }
  }

  /** In the trace of the request that asked for the job, also after a restart. */
  #trace(job: Job, work: () => Promise<void>): Promise<void> {
    const { traceparent } = job.body;
    const parent = typeof traceparent === "string" ? traceparent : null;
    const attributes = { "phasegate.job_id": job.id, "phasegate.attempt": job.attempts };
    return this.#context.tracing.span(`job ${job.kind}`, { parent, attributes }, work);
  }

  async #settleFailed(handler: JobHandler, job: Job, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      await this.#postpone(job, 0, "the server stopped");
      return;
    }
    if (job.attempts >= this.#context.config.retry.max_attempts) {
      await handler.giveUp(job, error);
      await this.#finish(job);
      return;
    }
    const delayMs = delayAfter(backoffOf(this.#context.config.retry), job.attempts, Math.random());
    await this.#postpone(job, delayMs, error instanceof Error ? error.message : "unknown");
  }

  async #finish(job: Job): Promise<void> {
    await this.#context.ledger.finishJob({ id: job.id, owner: this.#owner });
  }

  async #postpone(job: Job, delayMs: number, error: string): Promise<void> {
    const { ledger, clock } = this.#context;
    await ledger.postponeJob({
      id: job.id,
      owner: this.#owner,
      dueAt: clock.now() + delayMs,
      error: error.slice(0, 1_000),
    });
  }
}
