import { describe, expect, test } from "vitest";
import type { Ledger } from "../port.ts";
import { appendTo, claimed, created, jobId, newJob, taskId, withLedger, type OpenLedger } from "./samples.ts";

/** Jobs: in the commit of their events, taken under a lease, at least once, taking turns. */
export function describeJobs(open: OpenLedger): void {
  describe("jobs", () => {
    test("a due job is taken by one owner, with its body", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a"), newJob("later", { dueAt: 101 })] });
        expect(await take(ledger, { now: 99 })).toEqual([]);
        const taken = await ledger.takeJobs({ owner: "w1", now: 100, leaseMs: 50, limit: 10 });
        expect(taken).toEqual([{ ...newJob("a"), attempts: 1, lastError: null }]);
        expect(await take(ledger, { now: 100, owner: "w2" })).toEqual([]);
      }));

    test("a job whose lease ran out is offered again, and its first owner can no longer finish it", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a")] });
        await take(ledger, { now: 100, owner: "w1" });
        expect(await take(ledger, { now: 149, owner: "w2" })).toEqual([]);
        const [again] = await ledger.takeJobs({ owner: "w2", now: 150, leaseMs: 50, limit: 1 });
        expect(again?.attempts).toBe(2);
        expect(await ledger.finishJob({ id: jobId("a"), owner: "w1" })).toBe(false);
        expect(await ledger.finishJob({ id: jobId("a"), owner: "w2" })).toBe(true);
        expect(await ledger.finishJob({ id: jobId("a"), owner: "w2" })).toBe(false);
        expect(await take(ledger, { now: 9_999 })).toEqual([]);
      }));

    test("a renewed job stays with its owner until the new time, and only its owner renews it", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a")] });
        await take(ledger, { now: 100, owner: "w1" });
        expect(await ledger.renewJob({ id: jobId("a"), owner: "w2", leasedUntil: 900 })).toBe(false);
        expect(await ledger.renewJob({ id: jobId("a"), owner: "w1", leasedUntil: 900 })).toBe(true);
        expect(await take(ledger, { now: 899, owner: "w2" })).toEqual([]);
        expect(await take(ledger, { now: 900, owner: "w2" })).toEqual(["job_a"]);
      }));

    test("a postponed job comes back when it is due, with its error and attempts", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a")] });
        await take(ledger, { now: 100, owner: "w1" });
        const postpone = { id: jobId("a"), dueAt: 500, error: "no network" };
        expect(await ledger.postponeJob({ ...postpone, owner: "w2" })).toBe(false);
        expect(await ledger.postponeJob({ ...postpone, owner: "w1" })).toBe(true);
        expect(await take(ledger, { now: 499 })).toEqual([]);
        const [again] = await ledger.takeJobs({ owner: "w2", now: 500, leaseMs: 50, limit: 1 });
        expect(again).toMatchObject({ attempts: 2, lastError: "no network", dueAt: 500 });
      }));

    test("fairness keys take turns, counting what runs", () =>
      withLedger(open, async (ledger) => {
        const many = Array.from({ length: 5 }, (_, index) => newJob(`a${index}`));
        await appendTo(ledger, "one", [created()], { jobs: [...many, newJob("b0", { fairnessKey: "b" })] });
        expect(await take(ledger, { now: 100, limit: 1 })).toEqual(["job_a0"]);
        expect(await take(ledger, { now: 100, limit: 3 })).toEqual(["job_b0", "job_a1", "job_a2"]);
      }));

    test("of one fairness key no more run at once than asked for, and what runs of other kinds is not counted", () =>
      withLedger(open, async (ledger) => {
        const jobs = [newJob("a0"), newJob("a1"), newJob("b0", { fairnessKey: "b" }), newJob("o", { kind: "webhook" })];
        await appendTo(ledger, "one", [created()], { jobs });
        expect(await take(ledger, { now: 100, kinds: ["webhook"] })).toEqual(["job_o"]);
        const asked = { now: 100, kinds: ["setup"], maxPerKey: 1 };
        expect(await take(ledger, asked)).toEqual(["job_a0", "job_b0"]);
        expect(await take(ledger, asked)).toEqual([]);
        expect(await ledger.finishJob({ id: jobId("a0"), owner: "w" })).toBe(true);
        expect(await take(ledger, asked)).toEqual(["job_a1"]);
      }));

    test("only the kinds asked for are taken", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { jobs: [newJob("a"), newJob("b", { kind: "webhook" })] });
        expect(await take(ledger, { now: 100, kinds: ["webhook", "timeout"] })).toEqual(["job_b"]);
      }));

    test("a batch that ends jobs of a kind leaves those of other kinds and tasks, and its own", () =>
      withLedger(open, async (ledger) => {
        const one = { taskId: taskId("one"), kind: "timeout" };
        const jobs = [newJob("a", one), newJob("b", { ...one, kind: "trigger" }), newJob("c", { kind: "timeout" })];
        await appendTo(ledger, "one", [created()], { jobs });
        await appendTo(ledger, "one", [claimed()], { jobs: [newJob("d", one)], endsJobs: ["timeout"] });
        expect(await take(ledger, { now: 100 })).toEqual(["job_b", "job_c", "job_d"]);
        expect(await ledger.cancelJobs({ taskId: taskId("one"), kinds: ["trigger"] })).toBe(1);
      }));

    test("cancelling a task's jobs leaves those of others", () =>
      withLedger(open, async (ledger) => {
        const one = { taskId: taskId("one") };
        const jobs = [newJob("a", one), newJob("b", one), newJob("c", { taskId: taskId("two") }), newJob("d")];
        await appendTo(ledger, "one", [created()], { jobs });
        await take(ledger, { now: 100, limit: 1, owner: "w1" });
        expect(await ledger.cancelJobs(one)).toBe(2);
        expect(await ledger.finishJob({ id: jobId("a"), owner: "w1" })).toBe(false);
        expect(await take(ledger, { now: 100 })).toEqual(["job_c", "job_d"]);
      }));
  });
}

async function take(
  ledger: Ledger,
  options: { now: number; owner?: string; limit?: number; kinds?: string[] },
): Promise<string[]> {
  const jobs = await ledger.takeJobs({ owner: "w", leaseMs: 50, limit: 10, ...options });
  return jobs.map(({ id }) => id);
}
