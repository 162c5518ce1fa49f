import { expect, test } from "vitest";
import { drawSoak } from "../../bench/soak/draw.ts";
import { soak } from "../../bench/soak/soak.ts";

test("a short soak at half of peak loses nothing, answers no 5xx, and is drawn", async () => {
  const report = await soak({
    seconds: 5,
    rate: 0.5,
    ramp: [4],
    rampSeconds: 2,
    sampleSeconds: 1,
    random: Math.random,
    say: () => undefined,
  });
  expect(report.broken).toEqual([]);
  expect(report.failures).toEqual({});
  expect(report.answeredDecisions).toBeGreaterThan(0);
  expect(report.samples.length).toBeGreaterThan(1);
  expect(drawSoak(report.samples, "a & b")).toContain("a &amp; b");
});
