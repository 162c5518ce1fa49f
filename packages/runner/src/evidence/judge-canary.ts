import type { Canary, TestCase, TestRun } from "@phasegate/wire";

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

/** Most of a printed line that is shown. */
const maxPrinted = 240;

/**
 * What a failed run printed about tests that must fail of these files, where it reported none of them: a rule of the
 * project may refuse them (a mark, a docstring that each test needs). Null where there is no sign of that. Anything that
 * the run loads could print so: it proves nothing by itself.
 */
export function printedRefusal(
  run: Pick<TestRun, "exitCode" | "cases" | "output">,
  { token, files }: Pick<CanaryReport, "token" | "files">,
): string | null {
  const concerned = new Set(files);
  const isReported = run.cases.some(({ identity, file }) => identity.includes(token) && concerned.has(file ?? ""));
  if (run.exitCode === 0 || isReported) return null;
  const line = run.output.split("\n").find((printed) => printed.includes(token));
  return line === undefined ? null : line.replaceAll(token, "").replaceAll("`", "'").trim().slice(0, maxPrinted);
}

/** Files whose tests that must fail were not reported as failed. */
export function withoutFailure(
  cases: readonly TestCase[],
  { token, files }: Pick<CanaryReport, "token" | "files">,
): readonly string[] {
  const failed = cases.filter(({ identity, outcome }) => identity.includes(token) && outcome === "failed");
  const shown = new Set(failed.map(({ file }) => file));
  return files.filter((file) => !shown.has(file));
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
  const without = withoutFailure(run.cases, { token, files });
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
