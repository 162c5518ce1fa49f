import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { drawSoak } from "./draw.ts";
import type { Growth } from "./judge.ts";
import { soak } from "./soak.ts";

/**
 * `npm run soak -- --minutes 10 --rate 0.5`: a long run at a share of the peak. Fails when memory is not flat, when
 * something answered was lost, on any 5xx, and when the ledger does not verify. Writes bench/results/soak.json, and
 * with `--graph` docs/operations/soak.svg.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "0.5" },
    graph: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (!(minutes > 0) || !(rate > 0 && rate <= 1)) {
  throw new RangeError("--minutes takes a number above 0, --rate one above 0 and at most 1");
}
const seconds = minutes * 60;
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
say(machine);
const report = await soak({
  seconds,
  rate,
  ramp: [2, 4, 8, 16, 32],
  rampSeconds: 8,
  sampleSeconds: Math.max(2, Math.min(10, seconds / 60)),
  random: Math.random,
  say,
});
const { samples, broken, growth } = report;
const said = ({ perHour, least, most }: Growth, unit: number): string =>
  `${(perHour / unit).toFixed(1)} (${(least / unit).toFixed(1)} to ${(most / unit).toFixed(1)})`;
const mebibyte = 1024 ** 2;
say(
  [
    `${report.calls} calls, ${report.answeredDecisions} answered decisions; p50 ${report.p50Ms.toFixed(1)} ms, p99 ${report.p99Ms.toFixed(1)} ms`,
    `growth an hour once warm: heap ${said(growth.heapUsedBytes, mebibyte)} MiB, threads ${said(growth.threadsBytes, mebibyte)} MiB, resident ${said(growth.rssBytes, mebibyte)} MiB, descriptors ${said(growth.descriptors, 1)}, handles ${said(growth.handles, 1)}`,
    `other answers: ${JSON.stringify(report.failures)}`,
    ...(broken.length === 0 ? ["nothing lost, no 5xx, the ledger verifies"] : broken.map((text) => `BROKEN: ${text}`)),
  ].join("\n"),
);
const results = new URL("../results/", import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL("soak.json", results), `${JSON.stringify({ machine, minutes, rate, ...report }, null, 2)}\n`);
if (values.graph) {
  const folder = new URL("../../docs/operations/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const caption = `${minutes} minutes at ${rate} of the peak (${report.callsPerSecond.toFixed(0)} of ${report.peakCallsPerSecond.toFixed(0)} calls a second); ${machine}`;
  writeFileSync(new URL("soak.svg", folder), drawSoak(samples, caption));
}
if (broken.length > 0) process.exitCode = 1;
