import type { Sample } from "./judge.ts";

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly {
    readonly name: string;
    readonly colour: string;
    readonly at: (sample: Sample) => number;
  }[];
}

const mebibyte = 1024 ** 2;

const panels: readonly Panel[] = [
  {
    title: "memory",
    unit: "MiB",
    lines: [
      { name: "resident", colour: "#1f6feb", at: (sample) => sample.rssBytes / mebibyte },
      { name: "threads hold", colour: "#9a6700", at: (sample) => sample.threadsBytes / mebibyte },
      { name: "heap in use", colour: "#d1242f", at: (sample) => sample.heapUsedBytes / mebibyte },
    ],
  },
  {
    title: "latency of reads, writes, decisions and queries",
    unit: "ms",
    lines: [
      { name: "p50", colour: "#1a7f37", at: (sample) => sample.p50Ms },
      { name: "p99", colour: "#9a6700", at: (sample) => sample.p99Ms },
    ],
  },
  {
    title: "event loop delay",
    unit: "ms",
    lines: [{ name: "p99", colour: "#8250df", at: (sample) => sample.loopDelayP99Ms }],
  },
  {
    title: "calls a second",
    unit: "",
    lines: [{ name: "answered", colour: "#1f6feb", at: (sample) => sample.callsPerSecond }],
  },
  {
    title: "descriptors and handles",
    unit: "",
    lines: [
      { name: "descriptors", colour: "#1a7f37", at: (sample) => sample.descriptors },
      { name: "handles", colour: "#9a6700", at: (sample) => sample.handles },
    ],
  },
  {
    title: "ledger",
    unit: "MiB",
    lines: [{ name: "file", colour: "#57606a", at: (sample) => sample.ledgerBytes / mebibyte }],
  },
];

const width = 760;
const panelHeight = 120;
const left = 64;
const right = 130;
const top = 44;
const gap = 34;

/** The samples as one SVG: a panel for each quantity over the same time. */
export function drawSoak(samples: readonly Sample[], caption: string): string {
  const height = top + panels.length * (panelHeight + gap) + 10;
  const drawn = panels.map((panel, index) => drawPanel(panel, samples, top + index * (panelHeight + gap) + 18));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="24" font-size="13">${escaped(caption)}</text>`,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(panel: Panel, samples: readonly Sample[], y: number): string {
  const plotWidth = width - left - right;
  const end = Math.max(1, samples.at(-1)?.atSeconds ?? 1);
  const highest = Math.max(1, ...panel.lines.flatMap((line) => samples.map((sample) => line.at(sample)))) * 1.1;
  const at = (seconds: number, value: number): string =>
    `${(left + (seconds / end) * plotWidth).toFixed(1)},${(y + panelHeight * (1 - value / highest)).toFixed(1)}`;
  const lines = panel.lines.map(({ colour, at: valueOf }) => {
    const points = samples.map((sample) => at(sample.atSeconds, valueOf(sample))).join(" ");
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  });
  const names = panel.lines.map(({ name, colour, at: valueOf }, index) => {
    const last = samples.at(-1);
    const text = `${name} ${last === undefined ? "" : short(valueOf(last))}`;
    return `<text x="${left + plotWidth + 8}" y="${y + 12 + index * 15}" fill="${colour}">${escaped(text)}</text>`;
  });
  return [
    `<text x="${left}" y="${y - 5}">${escaped(panel.unit === "" ? panel.title : `${panel.title}, ${panel.unit}`)}</text>`,
    `<rect x="${left}" y="${y}" width="${plotWidth}" height="${panelHeight}" fill="none" stroke="#d0d7de"/>`,
    `<text x="${left - 6}" y="${y + 10}" text-anchor="end">${short(highest)}</text>`,
    `<text x="${left - 6}" y="${y + panelHeight}" text-anchor="end">0</text>`,
    `<text x="${left + plotWidth}" y="${y + panelHeight + 12}" text-anchor="end">${short(end / 60)} min</text>`,
    ...lines,
    ...names,
  ].join("\n");
}

function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
