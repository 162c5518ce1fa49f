import type { TestCase } from "@phasegate/wire";

/** Cases after another run of one tree: who fails in one and passes in the other is flaky, and taken as passed. */
export function mergeRetry(
  cases: readonly TestCase[],
  retried: readonly TestCase[],
): { cases: readonly TestCase[]; flaky: readonly string[] } {
  const again = new Map(retried.map((test) => [test.identity, test.outcome]));
  const flaky: string[] = [];
  const merged = cases.map((test) => {
    const outcome = again.get(test.identity);
    const isFlaky =
      (test.outcome === "failed" && outcome === "passed") || (test.outcome === "passed" && outcome === "failed");
    if (!isFlaky) return test;
    flaky.push(test.identity);
    return { ...test, outcome: "passed" as const, message: null };
  });
  return { cases: merged, flaky };
}

/** The files whose tests failed; null when one that failed is in no known file. */
export function failingFiles(cases: readonly TestCase[]): string[] | null {
  const files = new Set<string>();
  for (const test of cases) {
    if (test.outcome !== "failed") continue;
    if (test.file === null) return null;
    files.add(test.file);
  }
  return [...files];
}
