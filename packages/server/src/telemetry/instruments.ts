import { PhasegateError } from "@phasegate/wire";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { type KeyOf, type LabelsOf, type MetricDefinition, type MetricKey, metricTable } from "./metric-table.ts";

/** One value of a gauge at the moment of a scrape. */
export interface Reading<Key extends MetricKey> {
  readonly labels: LabelsOf<Key>;
  readonly value: number;
}

interface Count {
  /** Not yet in the registry: what happens often costs an addition here. */
  pending: number;
  readonly counter: Counter.Internal;
}

/** Prefix of what the Prometheus client tells of the process. */
const prefix = "phasegate_";

/**
 * The instruments that the table lists, and no other. What a set of labels leads to is looked up once: that costs more
 * than the count itself. A gauge is read when it is asked for; one that cannot be read is left out of that answer.
 */
export class Instruments {
  readonly registry = new Registry();
  readonly #counters = new Map<MetricKey, Counter>();
  readonly #histograms = new Map<MetricKey, Histogram>();
  readonly #counts = new Map<string, Count>();
  readonly #times = new Map<string, Histogram.Internal<string>>();
  readonly #readings = new Map<
    MetricKey,
    () => readonly Reading<MetricKey>[] | Promise<readonly Reading<MetricKey>[]>
  >();

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix });
    for (const key of Object.keys(metricTable) as MetricKey[]) this.#add(key, metricTable[key]);
  }

  count<Key extends KeyOf<"counter">>(key: Key, labels: LabelsOf<Key>): void {
    const path = pathOf(key, labels);
    const known = this.#counts.get(path);
    if (known) known.pending += 1;
    else this.#counts.set(path, { pending: 1, counter: this.#require(this.#counters, key).labels(labels) });
  }

  /** Shows a count from 0 on. To Prometheus one that first appears as 1 has not grown, so no alert would see it. */
  begin<Key extends KeyOf<"counter">>(key: Key, labels: LabelsOf<Key>): void {
    this.#require(this.#counters, key).labels(labels).inc(0);
  }

  observe<Key extends KeyOf<"histogram">>(key: Key, labels: LabelsOf<Key>, value: number): void {
    const path = pathOf(key, labels);
    let time = this.#times.get(path);
    if (!time) this.#times.set(path, (time = this.#require(this.#histograms, key).labels(labels)));
    time.observe(value);
  }

  /** Reads a gauge whenever the figures are asked for. */
  read<Key extends KeyOf<"gauge">>(
    key: Key,
    reading: () => readonly Reading<Key>[] | Promise<readonly Reading<Key>[]>,
  ): void {
    this.#readings.set(key, reading);
  }

  #add(key: MetricKey, { name, type, help, labels, buckets }: MetricDefinition): void {
    const common = { name, help, labelNames: Object.keys(labels), registers: [this.registry] };
    if (type === "counter") this.#counters.set(key, new Counter({ ...common, collect: () => this.#settleCounts() }));
    else if (type === "gauge") this.#addGauge(key, common);
    else this.#histograms.set(key, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
  }

  #addGauge(key: MetricKey, common: { name: string; help: string; labelNames: string[]; registers: Registry[] }): void {
    const gauge: Gauge = new Gauge({
      ...common,
      collect: async () => {
        gauge.reset();
        // A gauge without labels is 0 after a reset; here absent says that there is nothing to read.
        if (common.labelNames.length === 0) gauge.remove();
        try {
          const readings = (await this.#readings.get(key)?.()) ?? [];
          for (const { labels, value } of readings) gauge.set(labels, value);
        } catch {
          // What cannot be read now is left out; the rest of the figures is worth having.
        }
      },
    });
  }

  #settleCounts(): void {
    for (const count of this.#counts.values()) {
      if (count.pending === 0) continue;
      count.counter.inc(count.pending);
      count.pending = 0;
    }
  }

  #require<Metric>(metrics: ReadonlyMap<MetricKey, Metric>, key: MetricKey): Metric {
    const metric = metrics.get(key);
    if (metric === undefined) throw new PhasegateError("internal_error", `no metric \`${key}\` of this type`);
    return metric;
  }
}

function pathOf(key: MetricKey, labels: Readonly<Record<string, string>>): string {
  let path: string = key;
  for (const label in labels) path += `\n${labels[label]}`;
  return path;
}
