import type { Canary, TestRun } from "@phasegate/wire";

export interface CanaryReport {
  /** In the name of each test that must fail. */
  readonly token: string;
  /** Files that hold such tests, and whose own tests ran before. */
  readonly files: readonly string[];
  /** The configuration chooses tests by name or mark. */
  readonly selects: boolean;
  /** The configuration ends a run at a failure. */
  readonly stopsAtFailure: boolean;
}

/** What a run says of the tests that must fail. Its exit code is not looked at: it differs where failures do. */
export function judgeCanary(
  run: Pick<TestRun, "status" | "cases" | "problem">,
  { token, files, selects, stopsAtFailure }: CanaryReport,
): Canary {
  const planted = run.cases.filter(({ identity }) => identity.includes(token));
  const passed = planted.filter(({ outcome }) => outcome === "passed");
  const failed = planted.filter(({ outcome }) => outcome === "failed");
  if (passed.length > 0) {
    const where = [...new Set(passed.map(({ file, name }) => `\`${plain(name, token)}\` in \`${file ?? "?"}\``))];
    return { outcome: "passed", seen: `tests that must fail were reported as passed: ${listed(where)}` };
  }
  if (run.status !== "completed" && run.status !== "contradiction") {
    const why = run.problem === undefined ? "" : `, ${run.problem}`;
    return { outcome: "missing", seen: `a run with tests that must fail ended as \`${run.status}\`${why}` };
  }
  const shown = new Set(failed.map(({ file }) => file));
  const without = files.filter((file) => !shown.has(file));
  if (without.length === 0 || (stopsAtFailure && failed.length > 0))
    return { outcome: "failed_as_it_must", seen: null };
  if (selects) {
    return { outcome: "not_applicable", seen: "the configuration of the test runner chooses tests by name or mark" };
  }
  const skipped = new Set(planted.filter(({ outcome }) => outcome !== "failed").map(({ file }) => file));
  const how = without.map((file) => `\`${file}\` (${skipped.has(file) ? "skipped" : "not reported"})`);
  return { outcome: "missing", seen: `tests that must fail were not reported as failed, in ${listed(how)}` };
}

function plain(name: string, token: string): string {
  return name
    .replaceAll(token, "")
    .replaceAll(/^[\s_]+|[\s_]+$/g, "")
    .replaceAll("__", "_")
    .slice(0, 80);
}

function listed(words: readonly string[]): string {
  const more = words.length - 3;
  return `${words.slice(0, 3).join(", ")}${more > 0 ? ` and ${String(more)} more` : ""}`;
}
