import { expect, test } from "vitest";
import { Deadline } from "./deadline.ts";
import { unlessAborted } from "./waiting.ts";

test("a deadline that passes fires its signal with the platform's error", async () => {
  using deadline = new Deadline(1);
  const never = new Promise<never>(() => undefined);
  await expect(unlessAborted(never, deadline.signal)).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a deadline that was disposed of leaves no timer", () => {
  const before = timers();
  const deadline = new Deadline(60_000);
  expect(timers()).toBe(before + 1);
  deadline[Symbol.dispose]();
  expect(timers()).toBe(before);
  expect(deadline.signal.aborted).toBe(false);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
