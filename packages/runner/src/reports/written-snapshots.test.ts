import { expect, it } from "vitest";
import { writtenSnapshots } from "./written-snapshots.ts";

it.each([
  ["vitest", "\n  Snapshots  2 written\n Test Files  1 passed (1)\n      Tests  2 passed (2)\n", 2],
  ["vitest beside others", "  Snapshots  1 failed | 3 written\n", 3],
  ["jest", "Tests:       2 passed, 2 total\nSnapshots:   1 written, 2 passed, 3 total\n", 1],
  ["jest in its summary", " › 12 snapshots written.\n", 12],
  ["jest's JSON", '{"snapshot": {"added": 4, "filesAdded": 1}}', 4],
  ["syrupy", "1 snapshot passed. 2 snapshots generated.\n", 2],
  ["several, the most", "  Snapshots  2 written\n  Snapshots  0 written\n", 2],
  ["none written", "Snapshots:   3 passed, 3 total\n", 0],
  ["prose", "ten snapshots were written by 3 people\n", 0],
])("the snapshots that %s says were written are counted", (_, output, count) => {
  expect(writtenSnapshots(output)).toBe(count);
});
