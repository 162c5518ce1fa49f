import { createMetrics } from "../../packages/server/src/telemetry/metrics.ts";
import { type MetricDefinition, metricTable } from "../../packages/server/src/telemetry/metric-table.ts";
import { cell, generatedNotice } from "./markdown.ts";

/** One row a metric: those of the table, then those of the process that the Prometheus client adds. */
export async function metricsPage(): Promise<string> {
  const own: readonly MetricDefinition[] = Object.values(metricTable);
  const rows = own.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${cell(labelsOf(labels))} | ${cell(help)} |`,
  );
  const names = new Set(own.map(({ name }) => name));
  const process = (await createMetrics().instruments.registry.getMetricsAsJSON()).filter(
    ({ name }) => !names.has(name),
  );
  const processRows = process
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, type, help }) => `| \`${name}\` | ${String(type)} | ${cell(help)} |`);
  return `# Metrics

${generatedNotice("packages/server/src/telemetry/metric-table.ts")}

\`GET /metrics\` answers in the Prometheus text format, without a key, unless \`telemetry.metrics\` is off. Counters and
histograms begin at 0 with each start. A gauge that cannot be read at the moment is absent. Every label takes its values
from a list that ends; whatever callers send beyond it is counted under \`other\`.

| metric | type | labels | meaning |
|---|---|---|---|
${rows.join("\n")}

## Of the process

| metric | type | meaning |
|---|---|---|
${processRows.join("\n")}
`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, values]) => `\`${name}\`: ${values}`)
    .join("; ");
}
