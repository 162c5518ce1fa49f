import { expect, test } from "vitest";
import { measureCanary } from "../../bench/rows/canary.ts";
import { formatTable } from "../../bench/table.ts";

test("what tests that must fail and red tests run again cost a gate is measured beside the same gate without them", async () => {
  const table = formatTable(await measureCanary({ rounds: 1, seconds: 1, queue: 0, files: 0 }));
  expect(table).toMatch(/^evidence run with its canary +the run without +[\d,.]+ +[\d,.]+ +ms /mu);
  expect(table).toMatch(/^green with red tests run again +green without that run +[\d,.]+ +[\d,.]+ +ms /mu);
});
