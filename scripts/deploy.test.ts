import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type MetricDefinition, metricTable } from "../packages/server/src/telemetry/metric-table.ts";
import { createMetrics } from "../packages/server/src/telemetry/metrics.ts";
import { reasonCodes } from "../packages/wire/src/index.ts";
import { root } from "./bootstrap/paths.mjs";

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: { readonly summary?: string };
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const rules = (parse(read("deploy/prometheus/alerts.yaml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(read("deploy/grafana/phasegate.json")) as { panels: Panel[] };
const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));
const dashboard = panels.flatMap(({ title, targets }) =>
  (targets ?? []).map(({ expr }): [string, string] => [title, expr]),
);
const alerts = rules.map(({ record, alert, expr }): [string, string] => [String(record ?? alert), expr]);

/** Every series that the server can answer with, and the labels that it has. */
async function knownSeries(): Promise<Map<string, ReadonlySet<string>>> {
  const series = new Map<string, ReadonlySet<string>>();
  for (const metric of Object.values(metricTable) as MetricDefinition[]) {
    const labels = new Set(Object.keys(metric.labels));
    if (metric.type !== "histogram") series.set(metric.name, labels);
    else {
      series.set(`${metric.name}_bucket`, labels.union(new Set(["le"])));
      for (const suffix of ["_sum", "_count"]) series.set(metric.name + suffix, labels);
    }
  }
  for (const { name } of await createMetrics().instruments.registry.getMetricsAsJSON()) {
    if (/^phasegate_(process|nodejs)_/.test(name)) series.set(name, new Set());
  }
  return series;
}

/** Names of series and of labels in an expression; `mistakes` counts what is no PromQL. */
function namesIn(expression: string): { series: string[]; labels: string[]; mistakes: number } {
  // Grafana puts durations in their place.
  const text = expression.replaceAll(/\$__\w+/g, "5m");
  const found = { series: [] as string[], labels: [] as string[], mistakes: 0 };
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      const word = text.slice(from, to);
      if (type.isError) found.mistakes += 1;
      else if (type.name === "Identifier") found.series.push(word);
      else if (type.name === "LabelName") found.labels.push(word);
    },
  });
  return found;
}

describe.each([
  ["alerts and recordings", alerts],
  ["dashboard", dashboard],
])("the %s", (_, expressions) => {
  test.each(expressions)("%s names series and labels that the server has: %s", async (__, expression) => {
    const known = await knownSeries();
    const { series, labels, mistakes } = namesIn(expression);
    expect(mistakes).toBe(0);
    expect(series.length).toBeGreaterThan(0);
    const own = series.filter((name) => !recorded.has(name));
    expect(own.filter((name) => !known.has(name))).toEqual([]);
    const possible = new Set(own.flatMap((name) => [...(known.get(name) ?? [])]));
    expect(labels.filter((label) => !possible.has(label))).toEqual([]);
  });
});

test("every metric of the table is on the dashboard", () => {
  const shown = new Set(dashboard.flatMap(([, expression]) => namesIn(expression).series));
  const hidden = Object.values(metricTable)
    .map(({ name }) => name)
    .filter((name) => ![name, `${name}_bucket`, `${name}_count`, `${name}_sum`].some((one) => shown.has(one)));
  expect(hidden).toEqual([]);
});

test("values of labels in rules are ones that the server sets", () => {
  const text = JSON.stringify([...alerts, ...dashboard]).replaceAll('\\"', '"');
  for (const [, label, value] of text.matchAll(/\b(status|state|outcome|effect)=\s*"([a-zA-Z_]+)"/g)) {
    const values = Object.values(metricTable)
      .map((metric: MetricDefinition) => metric.labels[String(label)] ?? "")
      .join(" ");
    expect(values).toContain(`\`${String(value)}\``);
  }
});

test("operations and codes in rules are ones of the API", () => {
  const operations = [...read("docs/reference/openapi.json").matchAll(/"operationId": "(\w+)"/g)].map(([, id]) => id);
  const text = [...alerts, ...dashboard].map(([, expression]) => expression).join("\n");
  const named = [...text.matchAll(/\b(operation|code)[=!]~"([\w|]+)"/g)];
  expect(named.length).toBeGreaterThan(1);
  for (const [, label, values] of named) {
    const known: readonly unknown[] = label === "operation" ? operations : reasonCodes;
    expect(
      String(values)
        .split("|")
        .filter((value) => !known.includes(value)),
    ).toEqual([]);
  }
});

test("names that are wrong would be found", () => {
  expect(namesIn('rate(no_such_metric{nothing="x"}[5m])')).toEqual({
    series: ["no_such_metric"],
    labels: ["nothing"],
    mistakes: 0,
  });
  expect(namesIn("sum by (code) (rate(phasegate_decisions_total[5m])").mistakes).toBeGreaterThan(0);
});

test("every alert says what is wrong", () => {
  expect(rules.filter(({ alert, annotations }) => alert !== undefined && !annotations?.summary)).toEqual([]);
});
