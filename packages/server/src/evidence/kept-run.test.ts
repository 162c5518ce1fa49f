import { digestJson } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { isReusable, keepRun, readKeptRun } from "./kept-run.ts";
import { passing, runWith } from "./testing/run.ts";

describe("a run as the ledger keeps it", () => {
  test("comes back as it was", async () => {
    expect(readKeptRun((await keepRun(runWith())).payload.body)).toEqual(runWith());
  });

  test("gives up messages before it gives up cases", async () => {
    const kept = await keepRun(runWith({ cases: [passing("adds", "x".repeat(4_000)), passing("subtracts")] }), 2_000);
    expect(readKeptRun(kept.payload.body)?.cases).toEqual([passing("adds"), passing("subtracts")]);
  });

  test("is never read back when its cases did not fit", async () => {
    const cases = Array.from({ length: 100 }, (_, index) => passing(`test number ${index}`));
    const kept = await keepRun(runWith({ cases }), 2_000);
    expect(kept.complete).toBe(false);
    expect(readKeptRun(kept.payload.body)).toBeNull();
  });

  test("is the same whether few tests or many are in it, with the digest of its body", async () => {
    const run = runWith({
      cases: Array.from({ length: 201 }, (_, index) => passing(`test ${index}`, "password=hunter2hunter2")),
    });
    const { payload, complete, failed } = await keepRun(run);
    expect([complete, failed, payload.digest]).toEqual([true, null, digestJson(payload.body)]);
    const message = "password=[redacted assigned secret]";
    expect(readKeptRun(payload.body)).toEqual({ ...run, cases: run.cases.map((one) => ({ ...one, message })) });
  });

  test("holds up no other call while the tests are many", async () => {
    const order: string[] = [];
    const cases = Array.from({ length: 201 }, (_, index) => passing(`test ${index}`));
    const kept = keepRun(runWith({ cases })).then(() => order.push("kept"));
    setImmediate(() => order.push("another call"));
    await kept;
    expect(order).toEqual(["another call", "kept"]);
  });

  test("is never read back when a name was redacted", async () => {
    const kept = await keepRun(runWith({ cases: [passing("logs in with password=hunter2hunter2")] }));
    expect(JSON.stringify(kept.payload.body)).not.toContain("hunter2");
    expect(readKeptRun(kept.payload.body)).toBeNull();
  });
});

test("only a clean pass may stand for another run", () => {
  expect(isReusable(runWith())).toBe(true);
  expect(isReusable(runWith({ exitCode: 1 }))).toBe(false);
  expect(isReusable(runWith({ status: "timed_out", exitCode: 0 }))).toBe(false);
  expect(isReusable(runWith({ flaky: ["adds"] }))).toBe(false);
  expect(isReusable(runWith({ unloadedFiles: [{ file: "a", message: "", cause: "outside" }] }))).toBe(false);
  expect(isReusable(runWith({ cases: [{ ...passing("adds"), outcome: "failed" }] }))).toBe(false);
});
