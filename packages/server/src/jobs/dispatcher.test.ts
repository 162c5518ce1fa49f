import { openMemoryLedger } from "@phasegate/ledger";
import type { Job, Ledger } from "@phasegate/ledger";
import type { JobId, PrincipalId, TaskId } from "@phasegate/wire";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createIds } from "../ids.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { noTracing } from "../telemetry/tracing.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { JobHandler } from "./dispatcher.ts";

const atStart = { max_attempts: 3, initial_delay_ms: 100, max_delay_ms: 150, exponential_base: 2, jitter: false };
const task = "task_one" as TaskId;

describe("the dispatcher", () => {
  const clock = { at: 1_000, now: (): number => clock.at };
  let ledger: Ledger;
  const opened: Dispatcher[] = [];
  let version = 0;
  let retry: typeof atStart;
  beforeEach(() => {
    ledger = openMemoryLedger();
    retry = atStart;
    clock.at = 1_000;
    version = 0;
  });
  afterEach(async () => {
    for (const dispatcher of opened.splice(0)) await dispatcher.close();
    await ledger.close();
  });

  function dispatcherOf(handler: Partial<JobHandler> & Pick<JobHandler, "run">): Dispatcher {
    const context = {
      ledger,
      clock,
      ids: createIds(clock),
      log: pino({ level: "silent" }),
      metrics: createMetrics(),
      tracing: noTracing,
      config: {
        get retry() {
          return retry;
        },
      },
    };
    const dispatcher = new Dispatcher(context, [
      { kind: "work", concurrency: 2, giveUp: () => Promise.resolve(), ...handler },
    ]);
    opened.push(dispatcher);
    return dispatcher;
  }

  async function ask(...names: string[]): Promise<void> {
    await ledger.append({
      stream: "system",
      expectedVersion: version,
      origin: { principal: "prn_test" as PrincipalId, agentId: null, at: "2026-01-01T00:00:00.000Z" },
      events: [{ id: createIds(clock).make("event"), type: "config.rejected", data: { errors: [] } }],
      jobs: names.map((name) => ({
        id: `job_${name}` as JobId,
        kind: "work",
        taskId: task,
        fairnessKey: "one",
        dueAt: clock.at,
        body: {},
      })),
    });
    version += 1;
  }

  test.each<[string, Partial<typeof atStart>, number]>([
    ["retry.initial_delay_ms", { initial_delay_ms: 40 }, 80],
    ["retry.max_delay_ms", { max_delay_ms: 120 }, 120],
    ["retry.exponential_base", { exponential_base: 1 }, 100],
  ])("%s of now decides how long a second wait is, whatever it was before", async (_, changed, waitMs) => {
    let attempts = 0;
    const dispatcher = dispatcherOf({
      run: () => {
        attempts += 1;
        return Promise.reject(new Error("broken"));
      },
    });
    await ask("a");
    dispatcher.start();
    await dispatcher.settled();
    retry = { ...atStart, ...changed };
    for (const [atMs, expected] of [
      [100, 2],
      [100 + waitMs - 1, 2],
      [100 + waitMs, 3],
    ] as const) {
      clock.at = 1_000 + atMs;
      dispatcher.wake();
      await dispatcher.settled();
      expect({ atMs, attempts }).toEqual({ atMs, attempts: expected });
    }
  });

  test("retry.jitter of now spreads the waits, and retry.max_attempts of now decides when a job is given up", async () => {
    const given: string[] = [];
    const dispatcher = dispatcherOf({
      run: () => Promise.reject(new Error("broken")),
      giveUp: async (job) => void given.push(job.id),
    });
    retry = { ...atStart, jitter: true, initial_delay_ms: 1_000, max_delay_ms: 1_000 };
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    try {
      await ask("a");
      dispatcher.start();
      await dispatcher.settled();
    } finally {
      random.mockRestore();
    }
    retry = { ...atStart, max_attempts: 2 };
    // Without jitter it would be due a second after the first attempt.
    clock.at = 1_000 + 999;
    dispatcher.wake();
    await dispatcher.settled();
    expect(given).toEqual(["job_a"]);
  });

  test("runs at most as many jobs of a kind as it may, and the next when a place is free", async () => {
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    const dispatcher = dispatcherOf({
      run: (job) => {
        begun.push(job.id);
        return new Promise((resolve) => ends.push(resolve));
      },
    });
    await ask("a", "b", "c");
    dispatcher.start();
    await expect.poll(() => begun).toEqual(["job_a", "job_b"]);
    ends[0]?.();
    await expect.poll(() => begun).toEqual(["job_a", "job_b", "job_c"]);
    for (const end of ends) end();
  });

  test("tries a failed job again after growing waits, and gives it up after the last attempt", async () => {
    const attempts: number[] = [];
    const givenUp: string[] = [];
    const dispatcher = dispatcherOf({
      run: (job) => {
        attempts.push(job.attempts);
        return Promise.reject(new Error("no luck"));
      },
      giveUp: (job, error) => {
        givenUp.push(`${job.id}: ${(error as Error).message}`);
        return Promise.resolve();
      },
    });
    await ask("a");
    dispatcher.start();
    for (const [wait, expected] of [
      [99, [1]],
      [1, [1, 2]],
      [149, [1, 2]],
      [1, [1, 2, 3]],
    ] as const) {
      await expect.poll(() => attempts.length).toBeGreaterThan(0);
      await idle(dispatcher);
      clock.at += wait;
      dispatcher.wake();
      await expect.poll(() => attempts).toEqual([...expected]);
    }
    await expect.poll(() => givenUp).toEqual(["job_a: no luck"]);
    await idle(dispatcher);
    expect(await take(ledger)).toEqual([]);
  });

  test("keeps a job that its handler does not give up, until its lease has run out", async () => {
    const attempts: number[] = [];
    const dispatcher = dispatcherOf({
      run: (job) => {
        attempts.push(job.attempts);
        return attempts.length < 3 ? Promise.reject(new Error("no luck")) : Promise.resolve();
      },
      giveUp: (_job, error) => Promise.reject(error),
    });
    retry = { ...atStart, max_attempts: 1 };
    await ask("a");
    dispatcher.start();
    for (const [wait, expected] of [
      [29_999, [1]],
      [1, [1, 2]],
      [30_000, [1, 2, 3]],
    ] as const) {
      await dispatcher.settled();
      clock.at += wait;
      dispatcher.wake();
      await dispatcher.settled();
      expect(attempts).toEqual(expected);
    }
    clock.at += 30_000;
    expect(await take(ledger)).toEqual([]);
  });

  test("puts back what a stop cuts short, due at once and not given up", async () => {
    const begun: string[] = [];
    const untilAborted: JobHandler["run"] = (job, signal) =>
      new Promise((_, reject) => {
        begun.push(job.id);
        signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      });
    const dispatcher = dispatcherOf({ run: untilAborted, giveUp: () => Promise.reject(new Error("was given up")) });
    await ask("a");
    dispatcher.start();
    await expect.poll(() => begun).toEqual(["job_a"]);
    await dispatcher.close();
    expect(await take(ledger)).toEqual(["job_a"]);
  });

  test("ends a task's jobs, waiting and running, when nothing waits for them", async () => {
    const ended: string[] = [];
    const dispatcher = dispatcherOf({
      concurrency: 1,
      run: (job, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error(job.id)), { once: true });
          ended.push("begun");
        }),
    });
    await ask("a", "b");
    dispatcher.start();
    await expect.poll(() => ended).toEqual(["begun"]);
    dispatcher.abandon(task, "work");
    await idle(dispatcher);
    expect(await take(ledger)).toEqual([]);
  });
});

/** Until nothing runs and no round is under way. */
function idle(dispatcher: Dispatcher): Promise<void> {
  return dispatcher.settled();
}

async function take(ledger: Ledger): Promise<Job["id"][]> {
  const jobs = await ledger.takeJobs({ owner: "test", now: 1_000_000, leaseMs: 1, limit: 10 });
  return jobs.map((job) => job.id);
}
