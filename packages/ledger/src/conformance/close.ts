import { describe, expect, test } from "vitest";
import { batchOf, created, taskId, type OpenLedger } from "./samples.ts";

/** Closing: what is queued is answered, what comes later is refused. */
export function describeClose(open: OpenLedger): void {
  describe("close", () => {
    test("waits for what is queued", async () => {
      const ledger = await open();
      const appends = Array.from({ length: 10 }, (_, index) =>
        ledger.append(batchOf(`task/task_t${index}`, [created()])),
      );
      await ledger.close();
      expect((await Promise.all(appends)).map(({ status }) => status)).toEqual(
        Array.from({ length: 10 }, () => "appended"),
      );
    });

    test("afterwards every call is refused, and closing again is no error", async () => {
      const ledger = await open();
      await ledger.close();
      await ledger.close();
      const refused = { code: "shutting_down" };
      await expect(ledger.append(batchOf("system", [created()]))).rejects.toMatchObject(refused);
      await expect(ledger.getTask(taskId("one"))).rejects.toMatchObject(refused);
      await expect(ledger.probe()).rejects.toMatchObject(refused);
      await expect(ledger.readAll({ after: 0, limit: 1 })).rejects.toMatchObject(refused);
    });

    test("an open ledger passes its probe", async () => {
      const ledger = await open();
      await expect(ledger.probe()).resolves.toBeUndefined();
      await ledger.close();
    });
  });
}
