import { describe, expect, test } from "vitest";
import { ConfigurationError, NonRetryableError, RetryableError } from "./errors.ts";
import { RetryHandler, type RetryHandlerOptions } from "./retry-handler.ts";
import { delayAfter, RetryPolicy } from "./retry-policy.ts";

/** A call that fails with each of these in turn, and then answers how often it was made. */
function failing(...errors: unknown[]) {
  let calls = 0;
  return (): Promise<number> => {
    calls += 1;
    return calls <= errors.length ? Promise.reject(errors[calls - 1] as Error) : Promise.resolve(calls);
  };
}

/** Pauses of no length, written down. */
function handler(policy: ConstructorParameters<typeof RetryPolicy>[0], options: RetryHandlerOptions = {}) {
  const pauses: number[] = [];
  const wait = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  return { pauses, handler: new RetryHandler(policy, { random: () => 1, wait, ...options }) };
}

describe("a retry", () => {
  test("goes on until the call succeeds, after growing pauses up to the longest", async () => {
    const policy = { maxAttempts: 5, initialDelayMs: 100, maxDelayMs: 350, exponentialBase: 2, jitter: false };
    const { handler: retry, pauses } = handler(policy);
    expect(await retry.execute(failing(new Error("1"), new RetryableError("2"), new Error("3"), new Error("4")))).toBe(
      5,
    );
    expect(pauses).toEqual([100, 200, 350, 350]);
  });

  test("ends after the last attempt with the last error as it was", async () => {
    const last = new RetryableError("third");
    const { handler: retry } = handler({ maxAttempts: 3 });
    await expect(retry.execute(failing(new Error("a"), new Error("b"), last, new Error("d")))).rejects.toBe(last);
  });

  test.each([new NonRetryableError("no"), new ConfigurationError("no"), new DOMException("stop", "AbortError")])(
    "is not made after %s",
    async (error) => {
      const { handler: retry, pauses } = handler({ maxAttempts: 3 });
      await expect(retry.execute(failing(error))).rejects.toBe(error);
      expect(pauses).toEqual([]);
    },
  );

  test("waits as long as the error asks", async () => {
    const { handler: retry, pauses } = handler({ initialDelayMs: 1 });
    await retry.execute(failing(new RetryableError("busy", { retryAfterMs: 1_500 })));
    expect(pauses).toEqual([1_500]);
  });

  test("takes what does not count as no attempt", async () => {
    const judge = () => ({ retry: true, counts: false });
    const { handler: retry } = handler({ maxAttempts: 1 }, { judge });
    expect(await retry.execute(failing(new Error("1"), new Error("2")))).toBe(3);
  });

  test("ends its pause when the caller gives up", async () => {
    const giveUp = new AbortController();
    const retry = new RetryHandler({ initialDelayMs: 30_000 }, { onRetry: () => giveUp.abort(new Error("enough")) });
    await expect(retry.execute(failing(new Error("once")), giveUp.signal)).rejects.toThrow("enough");
  });

  test("of ten callers at once keeps ten counts", async () => {
    const { handler: retry } = handler({ maxAttempts: 3 });
    const calls = Array.from({ length: 10 }, () => failing(new Error("1"), new Error("2")));
    expect(await Promise.all(calls.map((call) => retry.execute(call)))).toEqual(Array(10).fill(3));
  });
});

test("jitter takes at most half of a pause away", () => {
  const backoff = { initialDelayMs: 100, maxDelayMs: 350, exponentialBase: 2, jitter: true };
  const pauses = (random: number) => [1, 2, 3].map((attempt) => delayAfter(backoff, attempt, random));
  expect(pauses(0)).toEqual([50, 100, 175]);
  expect(pauses(1)).toEqual([100, 200, 350]);
});

test("a policy has a default for everything", () => {
  expect(new RetryPolicy()).toMatchObject({
    maxAttempts: 3,
    initialDelayMs: 100,
    maxDelayMs: 30_000,
    exponentialBase: 2,
    jitter: true,
  });
});

test.each<[object, string]>([
  [{ maxAttempts: 0 }, "`maxAttempts` must be a whole number from 1 to 1000000, not `0`"],
  [{ maxAttempts: 1.5 }, "`maxAttempts` must be"],
  [{ initialDelayMs: -1 }, "`initialDelayMs` must be"],
  [{ maxDelayMs: Infinity }, "`maxDelayMs` must be"],
  [{ exponentialBase: 0.5 }, "`exponentialBase` must be"],
  [{ jitter: 1 }, "`jitter` must be true or false"],
  [{ initialDelayMs: 2, maxDelayMs: 1 }, "`initialDelayMs` (2) is above `maxDelayMs` (1)"],
  [{ maxAttemps: 3 }, "has no option `maxAttemps`"],
])("a policy of %j is refused", (options, message) => {
  const make = () => new RetryPolicy(options);
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow(message);
});
