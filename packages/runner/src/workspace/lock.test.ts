import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WorkspaceLock } from "./lock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A holder that stays until told to leave. */
function hold(lock: WorkspaceLock, mode: "shared" | "exclusive", log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = lock.run({ mode, waitMs: 1000 }, async () => {
    log.push(`${name} in`);
    await promise;
    log.push(`${name} out`);
  });
  return { done, leave: resolve };
}

test("reads share the workspace, and whatever may write has it alone", async () => {
  const lock = new WorkspaceLock();
  const log: string[] = [];
  const first = hold(lock, "shared", log, "first read");
  const second = hold(lock, "shared", log, "second read");
  const write = hold(lock, "exclusive", log, "write");
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(["first read in", "second read in"]);
  first.leave();
  await first.done;
  expect(log).not.toContain("write in");
  second.leave();
  await second.done;
  write.leave();
  await write.done;
  expect(log.slice(-3)).toEqual(["second read out", "write in", "write out"]);
});

test("a read that comes after a waiting write waits its turn", async () => {
  const lock = new WorkspaceLock();
  const log: string[] = [];
  const read = hold(lock, "shared", log, "read");
  const write = hold(lock, "exclusive", log, "write");
  const late = hold(lock, "shared", log, "late read");
  read.leave();
  await read.done;
  write.leave();
  await write.done;
  late.leave();
  await late.done;
  expect(log).toEqual(["read in", "read out", "write in", "write out", "late read in", "late read out"]);
});

test("a wait is bounded, and its end lets those behind it in", async () => {
  const lock = new WorkspaceLock();
  const log: string[] = [];
  const read = hold(lock, "shared", log, "read");
  const write = hold(lock, "exclusive", log, "write");
  const refused = write.done.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(500);
  const behind = hold(lock, "shared", log, "behind");
  await vi.advanceTimersByTimeAsync(500);
  expect(await refused).toMatchObject({ code: "overloaded" });
  expect(log).toEqual(["read in", "behind in"]);
  behind.leave();
  read.leave();
  await Promise.all([read.done, behind.done]);
});

test("impatience ends what runs once, and only while the lock is not had", async () => {
  const lock = new WorkspaceLock();
  const log: string[] = [];
  const running = hold(lock, "exclusive", log, "running");
  let ended = 0;
  const impatience = {
    afterMs: 100,
    end: () => {
      ended += 1;
      running.leave();
    },
  };
  const next = lock.run({ mode: "exclusive", waitMs: 1000, impatience }, () => Promise.resolve("had it"));
  await vi.advanceTimersByTimeAsync(99);
  expect(ended).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(await next).toBe("had it");
  await vi.advanceTimersByTimeAsync(1000);
  expect(ended).toBe(1);
});

test("a use that throws leaves the lock free", async () => {
  const lock = new WorkspaceLock();
  const failing = lock.run({ mode: "exclusive", waitMs: 10 }, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await lock.run({ mode: "exclusive", waitMs: 10 }, () => Promise.resolve("in"))).toBe("in");
});
