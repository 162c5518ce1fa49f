/** One figure: the product against its yardstick in the same run. */
export interface Row {
  readonly what: string;
  readonly yardstick: string;
  /** Medians over the rounds, in `unit`. */
  readonly product: number;
  readonly reference: number;
  readonly unit: string;
  readonly ratio: number;
  /** The ratio to reach. `least`: at least; `most`: at most; null: printed only. */
  readonly target: { readonly kind: "least" | "most"; readonly ratio: number } | null;
  /** All ratios, for the spread. */
  readonly ratios: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A row from rounds of (product, reference); the ratio is the median of the rounds' ratios. */
export function rowOf(
  named: Pick<Row, "what" | "yardstick" | "unit" | "target">,
  rounds: readonly { product: number; reference: number }[],
): Row {
  const ratios = rounds.map((round) => round.product / round.reference);
  return {
    ...named,
    product: median(rounds.map((round) => round.product)),
    reference: median(rounds.map((round) => round.reference)),
    ratio: median(ratios),
    ratios,
  };
}

export function isMet(row: Row): boolean | null {
  if (row.target === null) return null;
  return row.target.kind === "least" ? row.ratio >= row.target.ratio : row.ratio <= row.target.ratio;
}

export function formatTable(rows: readonly Row[]): string {
  const head = ["what", "yardstick", "product", "yardstick", "unit", "ratio", "spread", "target", "met"];
  const lines = rows.map((row) => [
    row.what,
    row.yardstick,
    number(row.product),
    number(row.reference),
    row.unit,
    row.ratio.toFixed(2),
    `${Math.min(...row.ratios).toFixed(2)}..${Math.max(...row.ratios).toFixed(2)}`,
    row.target === null ? "" : `${row.target.kind === "least" ? ">=" : "<="} ${row.target.ratio}`,
    { true: "yes", false: "NO", null: "" }[String(isMet(row)) as "true" | "false" | "null"],
  ]);
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? "").length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
