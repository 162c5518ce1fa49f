import { describe, expect, test } from "vitest";
import { Bulkhead } from "./bulkhead.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { ErrorHandler } from "./error-handler.ts";
import { BulkheadFullError, CircuitBreakerOpenError, ConfigurationError, TimeLimitError } from "./errors.ts";
import { FallbackHandler } from "./fallback-handler.ts";
import { RetryHandler } from "./retry-handler.ts";
import { TimeLimit } from "./time-limit.ts";

const broken = new Error("broken");
const fail = (): Promise<never> => Promise.reject(broken);
const retryPolicy = new RetryHandler({ maxAttempts: 3 }, { wait: () => Promise.resolve() });

describe("an error handler", () => {
  test("asks the breaker first, then tries and tries again, then falls back", async () => {
    const circuitBreaker = new CircuitBreaker({ failureThreshold: 2, timeoutSeconds: 60 });
    const handler = new ErrorHandler({ retryPolicy, circuitBreaker, fallback: () => "cached" });
    const attempts: number[] = [];
    const call = ({ attempt }: { attempt: number }): Promise<never> => {
      attempts.push(attempt);
      return fail();
    };
    for (let time = 0; time < 3; time += 1) expect(await handler.execute(call)).toBe("cached");
    expect(attempts).toEqual([1, 2, 3, 1, 2, 3]);
    expect(circuitBreaker.stats()).toMatchObject({ state: "OPEN", failedCalls: 2, rejectedCalls: 1 });
  });

  test("with nothing set makes the call once and throws what it threw", async () => {
    await expect(new ErrorHandler().execute(fail)).rejects.toBe(broken);
    expect(await new ErrorHandler().execute(() => "at once")).toBe("at once");
  });

  test("takes plain options, and refuses those that it does not know", async () => {
    const handler = new ErrorHandler({
      retryPolicy: { maxAttempts: 2, initialDelayMs: 0 },
      circuitBreaker: { name: "a", failureThreshold: 1 },
    });
    await expect(handler.execute(fail)).rejects.toBe(broken);
    await expect(handler.execute(fail)).rejects.toBeInstanceOf(CircuitBreakerOpenError);
    expect(() => new ErrorHandler({ retries: 3 } as object)).toThrow(ConfigurationError);
  });

  test("limits the time of each attempt", async () => {
    const handler = new ErrorHandler({ retryPolicy, timeoutMs: 1 });
    let made = 0;
    const answer = handler.execute(() => {
      made += 1;
      return made < 3 ? new Promise<never>(() => undefined) : "third";
    });
    expect(await answer).toBe("third");
  });

  test("is not retried or fallen back from when the caller has given up", async () => {
    const giveUp = new AbortController();
    giveUp.abort(new Error("enough"));
    await expect(new ErrorHandler({ retryPolicy }).execute(fail, giveUp.signal)).rejects.toThrow("enough");
  });
});

describe("a fallback", () => {
  const denied = Object.assign(new Error("denied"), { mayDegrade: false });

  test("never covers the failure of a decision", async () => {
    const handler = new FallbackHandler(() => "cached");
    await expect(handler.execute(() => Promise.reject(denied))).rejects.toBe(denied);
    expect(await handler.execute(fail)).toBe("cached");
  });

  test.each([{ effect: "allow" }, { allowed: true }])("of %j is refused whatever failed", async (allowance) => {
    const handler = new FallbackHandler({ fallback: () => allowance, when: () => true });
    await expect(handler.execute(fail)).rejects.toBe(broken);
  });

  test("never covers a decision that an open circuit kept from being asked for", async () => {
    const circuitBreaker = new CircuitBreaker({ failureThreshold: 1 });
    const handler = new ErrorHandler({ circuitBreaker, fallback: () => "cached" });
    await expect(handler.execute(() => Promise.reject(denied))).rejects.toBe(denied);
    await expect(handler.execute(() => "never made")).rejects.toBeInstanceOf(CircuitBreakerOpenError);
  });

  test("covers what it was asked to, and its own failure is thrown", async () => {
    const only = new FallbackHandler({ fallback: () => "cached", when: (error) => error !== broken });
    await expect(only.execute(fail)).rejects.toBe(broken);
    const failing = new FallbackHandler(() => Promise.reject(new Error("no cache")));
    await expect(failing.execute(fail)).rejects.toThrow("no cache");
    expect(() => new FallbackHandler("cached" as never)).toThrow(ConfigurationError);
  });
});

test("a bulkhead lets so many run, so many wait, and refuses the rest without making the call", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 3, maxQueued: 4 });
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const call = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    await gate.promise;
    running -= 1;
  };
  const calls = Array.from({ length: 10 }, () => bulkhead.execute(call));
  const results = Promise.allSettled(calls);
  gate.resolve();
  const refused = (await results).filter((result) => result.status === "rejected");
  expect(refused.map(({ reason }) => (reason as Error).name)).toEqual(Array(3).fill(BulkheadFullError.name));
  expect(most).toBe(3);
});

test("a time limit fires the call's signal and throws, and leaves quicker calls alone", async () => {
  const limit = new TimeLimit({ timeoutMs: 1 });
  let aborted = false;
  const late = limit.execute((signal) => {
    signal.addEventListener("abort", () => (aborted = true));
    return new Promise<never>(() => undefined);
  });
  await expect(late).rejects.toBeInstanceOf(TimeLimitError);
  expect(aborted).toBe(true);
  expect(await limit.execute(() => "quick")).toBe("quick");
});
