import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Allowance, readPaced } from "./paced-reading.ts";

test("what is spent within the allowance costs no wait, and what is beyond waits until it has grown back", () => {
  const allowance = new Allowance({ most: 100, perMs: 10 });
  expect([60, 40, 5, 200].map((amount) => allowance.spend(amount, 1_000))).toEqual([0, 0, 1, 21]);
  expect(allowance.spend(10, 1_021)).toBe(1);
  expect(allowance.spend(100, 9_000)).toBe(0);
});

test("a stream in small pieces is read a bounded number of times without a pause, and to its end", async () => {
  const stream = new PassThrough();
  let taken = 0;
  const paused = new Promise<number>((resolve) => {
    const take = (chunk: Buffer): void => {
      taken += chunk.length;
      if (taken === 65) queueMicrotask(() => resolve(stream.isPaused() ? taken : 0));
    };
    readPaced(stream, take, () => 1_000);
  });
  for (let piece = 0; piece < 70; piece += 1) stream.write("x");
  stream.end();
  expect(await paused).toBe(65);
  await once(stream, "end");
  expect(taken).toBe(70);
});
