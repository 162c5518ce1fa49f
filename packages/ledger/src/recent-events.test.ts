import type { StoredEvent } from "@phasegate/wire";
import { expect, test } from "vitest";
import { memoryOf } from "./memory-of.ts";
import { RecentEvents } from "./recent-events.ts";

const event = (position: number, text = ""): StoredEvent =>
  ({ position, type: "breaker.reset", data: { name: text } }) as unknown as StoredEvent;

const positions = (recent: RecentEvents): number[] => recent.from(0).map(({ position }) => position);

test("no more events are kept than the bound says, however many come", () => {
  const recent = new RecentEvents({ events: 3, bytes: 1e9 });
  for (let position = 1; position <= 10_000; position += 1) recent.add(event(position));
  expect(positions(recent)).toEqual([9_998, 9_999, 10_000]);
  expect([recent.length, recent.oldest?.position]).toEqual([3, 9_998]);
  expect(recent.from(1, 1).map(({ position }) => position)).toEqual([9_999]);
});

test("large events push out more of the old ones than small ones do", () => {
  const recent = new RecentEvents({ events: 1_000, bytes: 10_000 });
  for (let position = 1; position <= 50; position += 1) recent.add(event(position));
  expect(recent.length).toBe(50);
  recent.add(event(51, "x".repeat(9_750)));
  expect(positions(recent)).toEqual([50, 51]);
});

test("one event past the bound of bytes is kept alone", () => {
  const recent = new RecentEvents({ events: 10, bytes: 100 });
  recent.add(event(1));
  recent.add(event(2, "x".repeat(1_000)));
  expect(positions(recent)).toEqual([2]);
});

test("the bound holds before the array is made anew, too", () => {
  const recent = new RecentEvents({ events: 2_000, bytes: 1e9 });
  for (let position = 1; position <= 2_500; position += 1) recent.add(event(position));
  expect(positions(recent)).toHaveLength(2_000);
  expect(positions(recent)[0]).toBe(501);
});

test.each([
  [null, 16],
  [7, 16],
  ["abcd", 20],
  [["abcd", 1], 52],
  [{ name: "abcd" }, 40],
])("%j takes %d bytes", (value, bytes) => {
  expect(memoryOf(value)).toBe(bytes);
});
