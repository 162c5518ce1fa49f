import { digestJson } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { appendTo, batchOf, created, withLedger, type OpenLedger } from "./samples.ts";

const record = { scope: "prn_alice POST /tasks", key: "k1", bodyDigest: digestJson({ a: 1 }), expiresAt: 1_000 };

/** Idempotency keys: at most one run, and the answer in the commit of its events. */
export function describeIdempotency(open: OpenLedger): void {
  describe("idempotency", () => {
    test("a key is begun once; while it runs, others see that", () =>
      withLedger(open, async (ledger) => {
        const states = await Promise.all(Array.from({ length: 8 }, () => ledger.beginIdempotent(record)));
        expect(states.map(({ state }) => state)).toEqual(["begun", ...Array.from({ length: 7 }, () => "running")]);
      }));

    test("scopes and keys do not run into each other", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent({ ...record, scope: "a", key: "b c" });
        expect(await ledger.beginIdempotent({ ...record, scope: "a b", key: "c" })).toEqual({ state: "begun" });
      }));

    test("the same key with another body is told apart, running or finished", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        const other = { ...record, bodyDigest: digestJson({ a: 2 }) };
        expect(await ledger.beginIdempotent(other)).toEqual({ state: "other_body" });
        await ledger.finishIdempotent({ ...record, answer: { status: 200 } });
        expect(await ledger.beginIdempotent(other)).toEqual({ state: "other_body" });
      }));

    test("an append finishes the key in its own commit", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        const answer = { status: 201, body: { id: "task_one" } };
        await appendTo(ledger, "one", [created()], { idempotent: { ...record, answer } });
        expect(await ledger.beginIdempotent(record)).toEqual({ state: "finished", answer });
      }));

    test("an append that conflicts leaves the key running", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        const idempotent = { ...record, answer: { status: 201 } };
        await ledger.append(batchOf("task/task_one", [created()], { expectedVersion: 7, idempotent }));
        expect(await ledger.beginIdempotent(record)).toEqual({ state: "running" });
      }));

    test("a key that is forgotten can be begun again", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        await ledger.forgetIdempotent(record);
        expect(await ledger.beginIdempotent(record)).toEqual({ state: "begun" });
      }));

    test("after a restart what was running is unknown, what was finished is kept, what is past its time is gone", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        await ledger.beginIdempotent({ ...record, key: "done" });
        await ledger.finishIdempotent({ ...record, key: "done", answer: { ok: true } });
        await ledger.beginIdempotent({ ...record, key: "old", expiresAt: 500 });
        await ledger.recoverIdempotent(500);
        expect(await ledger.beginIdempotent(record)).toEqual({ state: "unknown" });
        expect(await ledger.beginIdempotent({ ...record, key: "done" })).toEqual({
          state: "finished",
          answer: { ok: true },
        });
        expect(await ledger.beginIdempotent({ ...record, key: "old" })).toEqual({ state: "begun" });
      }));

    test("a record past its time counts as absent to one who says what time it is", () =>
      withLedger(open, async (ledger) => {
        await ledger.beginIdempotent(record);
        expect(await ledger.beginIdempotent({ ...record, now: 999 })).toEqual({ state: "running" });
        expect(await ledger.beginIdempotent({ ...record, now: 1_000, expiresAt: 2_000 })).toEqual({ state: "begun" });
      }));
  });
}
