/** The last line in which each test runner sums up, with the number of tests that failed. */
const summaries: readonly RegExp[] = [
  // vitest: `      Tests  1 failed | 2 passed (3)`
  /^ *Tests {2,}(?:(\d+) failed)?[^()]*\(\d+\)$/,
  // pytest: `==== 1 failed, 2 passed in 0.12s ====`
  /^=+ (?:(\d+) failed)?.* in [\d.]+s(?: \([\d:]+\))? =+$/,
  // jest: `Tests:       1 failed, 2 passed, 3 total`
  /^Tests: +(?:(\d+) failed)?.*\d+ total$/,
  // node's spec reporter
  /^ℹ fail (\d+)$/,
];

/** How many failures the test runner itself printed at its end; null where it printed nothing that tells. */
export function printedFailures(output: string): number | null {
  for (const line of output.split("\n").reverse()) {
    const match = summaries.map((summary) => summary.exec(line)).find((found) => found !== null);
    if (match) return Number(match[1] ?? 0);
  }
  return null;
}
