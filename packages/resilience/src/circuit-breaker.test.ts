import { describe, expect, test } from "vitest";
import { CircuitBreaker, type CircuitBreakerOptions } from "./circuit-breaker.ts";
import { CircuitBreakers } from "./circuit-breakers.ts";
import { CircuitBreakerOpenError, ConfigurationError } from "./errors.ts";

const broken = new Error("broken");
const fail = (): Promise<never> => Promise.reject(broken);
const succeed = (): Promise<string> => Promise.resolve("fine");

function breakerAt(options: CircuitBreakerOptions = {}) {
  const clock = { ms: 0 };
  const breaker = new CircuitBreaker({ name: "outside", now: () => clock.ms, ...options });
  const failTimes = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) await expect(breaker.call(fail)).rejects.toBe(broken);
  };
  return { breaker, clock, failTimes };
}

describe("a circuit", () => {
  test("opens at failures in a row, and a success in between begins the count anew", async () => {
    const { breaker, failTimes } = breakerAt({ failureThreshold: 3 });
    await failTimes(2);
    await breaker.call(succeed);
    await failTimes(2);
    expect(breaker.state).toBe("CLOSED");
    await failTimes(1);
    expect(breaker.state).toBe("OPEN");
  });

  test("makes no call while it is open, and says for how long and why", async () => {
    const { breaker, clock, failTimes } = breakerAt({ failureThreshold: 1, timeoutSeconds: 30 });
    await failTimes(1);
    clock.ms = 12_000;
    let called = false;
    const error = await breaker.call(() => (called = true)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitBreakerOpenError);
    expect(error).toMatchObject({ breaker: "outside", retryAfterMs: 18_000, cause: broken, retryable: false });
    expect(called).toBe(false);
  });

  test("is tried when its time is over: so many successes close it", async () => {
    const { breaker, clock, failTimes } = breakerAt({ failureThreshold: 1, successThreshold: 2, timeoutSeconds: 1 });
    await failTimes(1);
    clock.ms = 1_000;
    await breaker.call(succeed);
    expect(breaker.state).toBe("HALF_OPEN");
    await breaker.call(succeed);
    expect(breaker.state).toBe("CLOSED");
    await failTimes(1);
    expect(breaker.state).toBe("OPEN");
  });

  test("opens again at one failure while it is tried, for the whole time", async () => {
    const { breaker, clock, failTimes } = breakerAt({ failureThreshold: 3, timeoutSeconds: 1 });
    await failTimes(3);
    clock.ms = 1_000;
    await failTimes(1);
    expect(breaker.state).toBe("OPEN");
    clock.ms = 1_999;
    await expect(breaker.call(succeed)).rejects.toBeInstanceOf(CircuitBreakerOpenError);
    clock.ms = 2_000;
    expect(await breaker.call(succeed)).toBe("fine");
  });

  test("lets one of ten callers try it, and refuses the others at once", async () => {
    const { breaker, clock, failTimes } = breakerAt({ failureThreshold: 1, successThreshold: 1 });
    await failTimes(1);
    clock.ms = 30_000;
    const trial = Promise.withResolvers<string>();
    let made = 0;
    const calls = Array.from({ length: 10 }, () =>
      breaker.call(() => {
        made += 1;
        return trial.promise;
      }),
    );
    const refused = calls.slice(1).map((call) => expect(call).rejects.toBeInstanceOf(CircuitBreakerOpenError));
    await Promise.all(refused);
    trial.resolve("back");
    expect(await calls[0]).toBe("back");
    expect([made, breaker.state]).toEqual([1, "CLOSED"]);
  });

  test("of ten callers at once opens once and counts every failure", async () => {
    const { breaker } = breakerAt({ failureThreshold: 5 });
    await Promise.allSettled(Array.from({ length: 10 }, () => breaker.call(fail)));
    expect(breaker.stats()).toMatchObject({ state: "OPEN", openings: 1, failedCalls: 10, consecutiveFailures: 10 });
  });

  test("opens when too many of the last calls were slow", async () => {
    const slowCalls = { durationMs: 100, rate: 0.5, window: 4 };
    const { breaker, clock } = breakerAt({ slowCalls });
    const taking = (ms: number) => breaker.call(() => void (clock.ms += ms));
    for (const ms of [200, 10, 10]) await taking(ms);
    expect(breaker.state).toBe("CLOSED");
    await taking(200);
    expect(breaker.state).toBe("OPEN");
    expect(breaker.stats()).toMatchObject({ slowCalls: 2, successfulCalls: 2, failedCalls: 0 });
  });

  test("is not opened by what says nothing against the system called", async () => {
    const { breaker } = breakerAt({ failureThreshold: 1 });
    const refusal = Object.assign(new Error("denied"), { countsAsFailure: false });
    await expect(breaker.call(() => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(breaker.state).toBe("CLOSED");
  });

  test("is closed by a reset, whatever still runs, and tells of each change", async () => {
    const changes: string[] = [];
    const onStateChange = ({ state }: { state: string }) => changes.push(state);
    const { breaker, failTimes } = breakerAt({ failureThreshold: 1, onStateChange });
    const late = Promise.withResolvers<never>();
    const running = breaker.call(() => late.promise);
    await failTimes(1);
    breaker.reset();
    late.reject(broken);
    await expect(running).rejects.toBe(broken);
    expect(breaker.stats()).toEqual({
      name: "outside",
      state: "CLOSED",
      totalCalls: 0,
      successfulCalls: 0,
      failedCalls: 0,
      slowCalls: 0,
      rejectedCalls: 0,
      consecutiveFailures: 0,
      openings: 0,
      retryAfterMs: null,
      lastError: null,
    });
    expect(changes).toEqual(["OPEN", "CLOSED"]);
  });
});

test.each<[object, string]>([
  [{ failureThreshold: 0 }, "`failureThreshold` must be"],
  [{ successThreshold: 0.5 }, "`successThreshold` must be"],
  [{ timeoutSeconds: -1 }, "`timeoutSeconds` must be"],
  [{ name: "" }, "`name` must be"],
  [{ slowCalls: { durationMs: 1, rate: 2 } }, "`slowCalls.rate` must be"],
  [{ treshold: 1 }, "has no option `treshold`"],
])("a breaker of %j is refused", (options, message) => {
  const make = () => new CircuitBreaker(options);
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow(message);
});

test("breakers by key open one by one, and the one used longest ago makes room", async () => {
  const breakers = new CircuitBreakers({ failureThreshold: 1, maxBreakers: 2 });
  await expect(breakers.call("a", fail)).rejects.toBe(broken);
  await breakers.call("b", succeed);
  expect(breakers.stats().map(({ name, state }) => [name, state])).toEqual([
    ["a", "OPEN"],
    ["b", "CLOSED"],
  ]);
  expect(breakers.reset("a")).toMatchObject({ state: "CLOSED" });
  expect(breakers.reset("z")).toBeNull();
  breakers.get("b");
  breakers.get("c");
  expect(breakers.stats().map(({ name }) => name)).toEqual(["b", "c"]);
});
