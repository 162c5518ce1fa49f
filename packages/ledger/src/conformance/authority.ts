import { describe, expect, test } from "vitest";
import { appendTo, batchOf, claimed, created, newEvent, taskId, withLedger, type OpenLedger } from "./samples.ts";

const revoked = () => newEvent("key.revoked", { key_id: "key_1", reason: "lost" });

/** A decision stands only on the keys, roles and revocations that it was made on. */
export function describeAuthority(open: OpenLedger): void {
  describe("authority", () => {
    test("only batches that change it raise the version, each by one", () =>
      withLedger(open, async (ledger) => {
        expect(await ledger.authorityVersion()).toBe(0);
        await appendTo(ledger, "one", [created()]);
        expect(await ledger.authorityVersion()).toBe(0);
        await appendTo(ledger, "principal/prn_alice", [revoked()], { changesAuthority: true });
        await Promise.all([
          ledger.append(batchOf("principal/prn_a", [revoked()], { changesAuthority: true })),
          ledger.append(batchOf("principal/prn_b", [revoked()], { changesAuthority: true })),
          ledger.append(batchOf("principal/prn_c", [revoked()], { changesAuthority: true, expectedVersion: 5 })),
        ]);
        expect(await ledger.authorityVersion()).toBe(3);
      }));

    test("a batch made on an older authority conflicts and leaves nothing", () =>
      withLedger(open, async (ledger) => {
        await appendTo(ledger, "one", [created()], { expectedAuthority: 0 });
        const results = await Promise.all([
          ledger.append(batchOf("system", [revoked()], { changesAuthority: true })),
          ledger.append(batchOf("task/task_one", [claimed()], { expectedVersion: 1, expectedAuthority: 0 })),
        ]);
        expect(results[1]).toEqual({ status: "conflict", actualVersion: 1, cause: "authority" });
        expect((await ledger.getTask(taskId("one")))?.status).toBe("ready");
        await appendTo(ledger, "one", [claimed()], { expectedAuthority: 1 });
      }));
  });
}
