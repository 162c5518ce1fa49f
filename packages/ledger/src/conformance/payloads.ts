import { digestJson, type WorkflowDigest } from "@phasegate/wire";
import { describe, expect, test } from "vitest";
import { appendTo, created, payloadOf, toolExecuted, withLedger, type OpenLedger } from "./samples.ts";

/** Bodies by digest, erasure, and workflows. */
export function describePayloads(open: OpenLedger): void {
  describe("payloads", () => {
    test("a body is kept under its digest", () =>
      withLedger(open, async (ledger) => {
        const payload = payloadOf({ b: [1, "zwei", null], a: { deep: true } });
        await appendTo(ledger, "one", [created()], { payloads: [payload, payload] });
        await appendTo(ledger, "one", [toolExecuted()], { payloads: [payload] });
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "kept", body: payload.body });
        expect(await ledger.getPayload(digestJson("never kept"))).toBeNull();
      }));

    test("an erased body is gone for good, and known to be erased", () =>
      withLedger(open, async (ledger) => {
        const payload = payloadOf("a secret");
        await appendTo(ledger, "one", [created()], { payloads: [payload] });
        expect(await ledger.erasePayload(payload.digest)).toBe(true);
        expect(await ledger.erasePayload(payload.digest)).toBe(false);
        expect(await ledger.erasePayload(digestJson("never kept"))).toBe(false);
        await appendTo(ledger, "one", [toolExecuted()], { payloads: [payload] });
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "erased" });
      }));

    test("a body whose time is over is erased until it is kept again", () =>
      withLedger(open, async (ledger) => {
        const payload = payloadOf("common");
        await appendTo(ledger, "one", [created()], { payloads: [payload] });
        const unusedAfter = await ledger.lastPosition();
        expect(await ledger.expirePayload({ digest: payload.digest, unusedAfter })).toBe(true);
        expect(await ledger.expirePayload({ digest: payload.digest, unusedAfter })).toBe(false);
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "erased" });
        await appendTo(ledger, "one", [toolExecuted()], { payloads: [payload] });
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "kept", body: payload.body });
        expect(await ledger.erasePayload(payload.digest)).toBe(true);
        await appendTo(ledger, "one", [toolExecuted()], { payloads: [payload] });
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "erased" });
      }));

    test("a body that a later event names does not expire", () =>
      withLedger(open, async (ledger) => {
        const payload = payloadOf("in use");
        await appendTo(ledger, "one", [created()], { payloads: [payload] });
        const unusedAfter = await ledger.lastPosition();
        await appendTo(ledger, "one", [toolExecuted({ args_digest: payload.digest })], { payloads: [payload] });
        expect(await ledger.expirePayload({ digest: payload.digest, unusedAfter })).toBe(false);
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "kept", body: payload.body });
      }));

    test("a body that is null is kept like any other", () =>
      withLedger(open, async (ledger) => {
        const payload = payloadOf(null);
        await appendTo(ledger, "one", [created()], { payloads: [payload] });
        expect(await ledger.getPayload(payload.digest)).toEqual({ state: "kept", body: null });
      }));
  });

  describe("workflows", () => {
    test("a workflow is kept under its digest, once", () =>
      withLedger(open, async (ledger) => {
        const digest = digestJson({ name: "w" }) as WorkflowDigest;
        await ledger.putWorkflow({ digest, name: "w", body: { name: "w" } });
        await ledger.putWorkflow({ digest, name: "w", body: { name: "w" } });
        expect(await ledger.getWorkflow(digest)).toEqual({ name: "w" });
        expect(await ledger.listWorkflows()).toEqual([{ digest, name: "w" }]);
        expect(await ledger.getWorkflow(digestJson("none") as WorkflowDigest)).toBeNull();
      }));
  });
}
