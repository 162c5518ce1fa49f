import { expect, test } from "vitest";
import { crashServer } from "../harness/crash-round.ts";

test("a server killed under load has kept every decision that it answered, and leaves nothing half done", async () => {
  const outcome = await crashServer(5, Math.random);
  expect(outcome.broken).toEqual([]);
  expect(outcome.answered).toBeGreaterThanOrEqual(15);
});
