import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { unlessAborted, wait } from "./waiting.ts";

test("a signal that fires first gives its reason, whatever the work does later", async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<number>();
  const waiting = unlessAborted(work.promise, controller.signal);
  controller.abort(new Error("too late"));
  await expect(waiting).rejects.toThrow("too late");
  work.resolve(1);
  await expect(unlessAborted(work.promise, controller.signal)).rejects.toThrow("too late");
});

// What listens to a signal that lives as long as the server is held for as long.
test("whoever has waited listens to the signal no more", async () => {
  const { signal } = new AbortController();
  await unlessAborted(Promise.resolve(1), signal);
  await expect(unlessAborted(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  await wait(1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
