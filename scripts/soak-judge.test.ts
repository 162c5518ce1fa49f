import { expect, test } from "vitest";
import { findGrowth, flatPart, growthOf } from "../bench/soak/judge.ts";
import type { Sample } from "../bench/soak/judge.ts";

const rest: Sample = {
  atSeconds: 0,
  isWarm: true,
  rssBytes: 2e8,
  heapUsedBytes: 6e7,
  externalBytes: 1e7,
  threadsBytes: 1e8,
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

/** Between -1 and 1, without a trend: what a collection leaves is not the same each time. */
const noise = (seconds: number): number => Math.sin(seconds * 12.9898) * Math.cos(seconds * 78.233);

test("memory that climbs while the server warms up and then rests is flat", () => {
  expect(findGrowth(samplesOf((at) => ({ heapUsedBytes: 6e7 + Math.min(at, 180) * 1e5 + 1e6 * noise(at) })))).toEqual(
    [],
  );
});

test("what fills until late is judged from then on", () => {
  const samples = samplesOf((at) => ({ isWarm: at >= 400, heapUsedBytes: 6e7 + Math.min(at, 400) * 1e5 }));
  expect(flatPart(samples)[0]?.atSeconds).toBe(400);
  expect(findGrowth(samples)).toEqual([]);
});

test("a server that was hardly warm is not called flat", () => {
  const warmFrom = (seconds: number) => findGrowth(samplesOf((at) => ({ isWarm: at >= seconds })));
  const untold = ["the server was not warm for long enough to tell whether it grows: let it run longer"];
  expect([warmFrom(500), warmFrom(510), warmFrom(601)]).toEqual([[], untold, untold]);
});

test("one high sample is no growth", () => {
  expect(findGrowth(samplesOf((at) => ({ rssBytes: at === 590 ? 9e8 : 2e8 })))).toEqual([]);
});

test("memory that goes on climbing is not flat, and the growth is named", () => {
  const samples = samplesOf((at) => ({ heapUsedBytes: 6e7 + at * 20_000 }));
  expect(growthOf(samples, "heapUsedBytes")).toEqual({ perHour: 72_000_000, least: 72_000_000, most: 72_000_000 });
  expect(findGrowth(samples)).toEqual([
    "heapUsedBytes grows by 72,000,000 (72,000,000 to 72,000,000) an hour; 50,331,648 is flat",
  ]);
});

test("a leak shows through the noise of collections", () => {
  const samples = samplesOf((at) => ({ heapUsedBytes: 6e7 + at * 20_000 + 1e6 * noise(at) }));
  expect(findGrowth(samples)).toEqual([expect.stringMatching(/^heapUsedBytes grows by /)]);
});

test("memory too restless to tell is not called flat, where it must be shown", () => {
  const restless = samplesOf((at) => ({ heapUsedBytes: 6e7 + 4e7 * noise(at), rssBytes: 2e8 + 1e8 * noise(at) }));
  expect(findGrowth(restless)).toEqual([expect.stringMatching(/^heapUsedBytes is not shown to be flat: /)]);
});

test("a worker thread that holds more and more is seen", () => {
  expect(findGrowth(samplesOf((at) => ({ threadsBytes: 1e8 + at * 50_000 })))).toEqual([
    expect.stringMatching(/^threadsBytes grows by /),
  ]);
});

test("a descriptor that leaks every thirty seconds is seen", () => {
  expect(findGrowth(samplesOf((at) => ({ descriptors: 60 + Math.floor(at / 30) })))).toEqual([
    expect.stringMatching(/^descriptors grows by /),
  ]);
});
