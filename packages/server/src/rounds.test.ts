import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Rounds } from "./rounds.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function roundsOf(run: () => Promise<unknown>) {
  const logged: unknown[] = [];
  const log = { error: (_details: unknown, text: string) => void logged.push(text) };
  const rounds = new Rounds({ run, intervalMs: 1_000, firstMs: 10, log, failed: "a round failed" });
  return { rounds, logged };
}

test("a round begins an interval after the end of the one before, never beside it", async () => {
  const begun: PromiseWithResolvers<void>[] = [];
  const { rounds } = roundsOf(() => {
    const round = Promise.withResolvers<void>();
    begun.push(round);
    return round.promise;
  });
  rounds.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(begun).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toHaveLength(1);
  begun[0]?.resolve();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(begun).toHaveLength(2);
});

test("a round that throws is logged, and the next one comes", async () => {
  let rounds = 0;
  const made = roundsOf(() => {
    rounds += 1;
    return Promise.reject(new Error("broken"));
  });
  made.rounds.start();
  await vi.advanceTimersByTimeAsync(1_010);
  expect([rounds, made.logged]).toEqual([2, ["a round failed", "a round failed"]]);
});

test("close waits for the round that runs, and none comes after", async () => {
  const round = Promise.withResolvers<void>();
  let count = 0;
  const { rounds } = roundsOf(() => {
    count += 1;
    return round.promise;
  });
  rounds.start();
  await vi.advanceTimersByTimeAsync(10);
  let closed = false;
  const closing = rounds.close().then(() => (closed = true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect([rounds.stopped, closed]).toEqual([true, false]);
  round.resolve();
  await closing;
  rounds.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(count).toBe(1);
});
