import { expect, test } from "vitest";
import { findGrowth, flatGrowthPerHour, growthPerHour } from "../bench/soak/judge.ts";
import type { Sample } from "../bench/soak/judge.ts";

const rest: Sample = {
  atSeconds: 0,
  rssBytes: 2e8,
  heapUsedBytes: 6e7,
  externalBytes: 1e7,
  descriptors: 60,
  handles: 40,
  loopDelayP99Ms: 1,
  loopDelayMaxMs: 4,
  ledgerBytes: 1e6,
  callsPerSecond: 100,
  p50Ms: 2,
  p99Ms: 9,
};

/** Ten minutes, a sample every ten seconds. */
const samplesOf = (at: (seconds: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 60 }, (_, index) => ({ ...rest, atSeconds: index * 10, ...at(index * 10) }));

test("memory that climbs while the server warms up and then rests is flat", () => {
  expect(findGrowth(samplesOf((at) => ({ heapUsedBytes: 6e7 + Math.min(at, 180) * 1e5 })))).toEqual([]);
});

test("one high sample is no growth", () => {
  expect(findGrowth(samplesOf((at) => ({ rssBytes: at === 590 ? 9e8 : 2e8 })))).toEqual([]);
});

test("memory that goes on climbing is not flat, and the growth is named", () => {
  const samples = samplesOf((at) => ({ heapUsedBytes: 6e7 + at * 20_000 }));
  expect(growthPerHour(samples, "heapUsedBytes")).toBe(72_000_000);
  expect(findGrowth(samples)).toEqual([
    `heapUsedBytes grows by 72,000,000 an hour, more than ${flatGrowthPerHour.heapUsedBytes}`,
  ]);
});

test("a descriptor that leaks every thirty seconds is seen", () => {
  expect(findGrowth(samplesOf((at) => ({ descriptors: 60 + Math.floor(at / 30) })))).toHaveLength(1);
});
