import { describe, expect, test } from "vitest";
import { appendTo, created, jobId, newJob, withLedger, type OpenLedger } from "./samples.ts";

/** Figures about what waits and who reads. */
export function describeOpenWork(open: OpenLedger): void {
  describe("open work", () => {
    test("tasks are counted by status and jobs by kind", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a"), newJob("b")] });
        await appendTo(ledger, "two", [created({ dependencies: ["task_one"] })]);
        expect(await ledger.countOpen()).toMatchObject({
          tasks: { ready: 1, waiting: 1, active: 0 },
          jobs: { setup: 2 },
        });
        await ledger.takeJobs({ owner: "o", now: Number.MAX_SAFE_INTEGER, leaseMs: 1, limit: 1 });
        expect((await ledger.countOpen()).jobs).toEqual({ setup: 2 });
        await ledger.finishJob({ id: jobId("a"), owner: "o" });
        expect((await ledger.countOpen()).jobs).toEqual({ setup: 1 });
      }));

    test("a reader stands where its last event was, and is gone when it ends", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()]);
        await appendTo(ledger, "two", [created()]);
        const stop = new AbortController();
        const events = ledger.follow({ after: 0, signal: stop.signal, reader: "test" })[Symbol.asyncIterator]();
        await events.next();
        expect(ledger.readers()).toEqual([{ reader: "test", position: 1 }]);
        stop.abort();
        await events.return?.();
        expect(ledger.readers()).toEqual([]);
      }));
  });
}
