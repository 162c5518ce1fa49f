import { describe, expect, test } from "vitest";
import {
  alice,
  appendTo,
  bob,
  claimed,
  completed,
  created,
  released,
  taskId,
  toolExecuted,
  withLedger,
  type OpenLedger,
} from "./samples.ts";

/** Lease times: columns of the index, never events. */
export function describeLeases(open: OpenLedger): void {
  describe("leases", () => {
    test("a lease is set, moved and ended by appends, and left alone by those that do not speak of it", () =>
      withLedger(open, async (ledger) => {
        const leaseOf = async () => (await ledger.getTask(taskId("one")))?.leaseExpiresAt;
        await appendTo(ledger, "one", [created()]);
        expect(await leaseOf()).toBeNull();
        await appendTo(ledger, "one", [claimed()], { lease: { expiresAt: 100 } });
        expect(await leaseOf()).toBe(100);
        await appendTo(ledger, "one", [toolExecuted()]);
        expect(await leaseOf()).toBe(100);
        await appendTo(ledger, "one", [toolExecuted()], { lease: { expiresAt: 200 } });
        expect(await leaseOf()).toBe(200);
        await appendTo(ledger, "one", [toolExecuted()], { lease: null });
        expect(await leaseOf()).toBeNull();
      }));

    test("a task without a holder has no lease", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "freed", [created(), claimed()], { lease: { expiresAt: 100 } });
        await appendTo(ledger, "freed", [released(2)]);
        await appendTo(ledger, "ended", [created(), claimed()], { lease: { expiresAt: 100 } });
        await appendTo(ledger, "ended", [completed(2)], { lease: { expiresAt: 300 } });
        await appendTo(ledger, "never", [created()], { lease: { expiresAt: 100 } });
        await appendTo(ledger, "never", [toolExecuted()], { lease: { expiresAt: 100 } });
        await appendTo(ledger, "taken", [created(), claimed()], { lease: { expiresAt: 100 } });
        await appendTo(ledger, "taken", [released(2), claimed({ epoch: 3 })]);
        for (const name of ["freed", "ended", "never", "taken"]) {
          expect((await ledger.getTask(taskId(name)))?.leaseExpiresAt).toBeNull();
        }
        expect(await ledger.expiredLeases({ now: 1_000, limit: 10 })).toEqual([]);
      }));

    test("only the holder at its epoch renews", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed()], { lease: { expiresAt: 100 } });
        const renew = (epoch: number, principal: typeof alice, expiresAt: number) =>
          ledger.renewLease({ taskId: taskId("one"), epoch, principal, expiresAt });
        expect(await renew(0, alice, 900)).toBe(false);
        expect(await renew(2, alice, 900)).toBe(false);
        expect(await renew(1, bob, 900)).toBe(false);
        expect((await ledger.getTask(taskId("one")))?.leaseExpiresAt).toBe(100);
        expect(await renew(1, alice, 300)).toBe(true);
        expect((await ledger.getTask(taskId("one")))?.leaseExpiresAt).toBe(300);
        expect(await ledger.renewLease({ taskId: taskId("none"), epoch: 1, principal: alice, expiresAt: 1 })).toBe(
          false,
        );
        expect(await ledger.lastPosition()).toBe(2);
      }));

    test("renewing does not start a lease that does not run", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created(), claimed()]);
        expect(await ledger.renewLease({ taskId: taskId("one"), epoch: 1, principal: alice, expiresAt: 5 })).toBe(true);
        expect((await ledger.getTask(taskId("one")))?.leaseExpiresAt).toBeNull();
      }));

    test("expired leases come oldest first, up to now, with the epoch that they belong to", () =>
      withLedger(open, async (ledger) => {
        for (const [name, expiresAt] of [
          ["a", 300],
          ["b", 100],
          ["c", 200],
          ["d", 201],
        ] as const) {
          await appendTo(ledger, name, [created(), claimed()], { lease: { expiresAt } });
        }
        expect(await ledger.expiredLeases({ now: 200, limit: 10 })).toEqual([
          { taskId: "task_b", epoch: 1, expiresAt: 100 },
          { taskId: "task_c", epoch: 1, expiresAt: 200 },
        ]);
        expect(await ledger.expiredLeases({ now: 999, limit: 1 })).toHaveLength(1);
        expect(await ledger.expiredLeases({ now: 99, limit: 10 })).toEqual([]);
      }));
  });
}
