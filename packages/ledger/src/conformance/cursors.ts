import { describe, expect, test } from "vitest";
import { withLedger, type OpenLedger } from "./samples.ts";

/** A reader that goes on after a restart keeps its position here. */
export function describeCursors(open: OpenLedger): void {
  describe("cursors", () => {
    test("are kept by name and only move on", () =>
      withLedger(open, async (ledger) => {
        expect(await ledger.getCursor("one")).toBeNull();
        await ledger.moveCursor({ name: "one", position: 7 });
        await ledger.moveCursor({ name: "two", position: 0 });
        await Promise.all([5, 9, 8].map((position) => ledger.moveCursor({ name: "one", position })));
        expect(await ledger.getCursor("one")).toBe(9);
        expect(await ledger.getCursor("two")).toBe(0);
      }));
  });
}
