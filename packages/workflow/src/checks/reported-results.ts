import type { JsonObject, JsonValue } from "@phasegate/wire";
import { fieldValues, isObject, submittedArtifacts } from "./artifact-fields.ts";
import type { CheckInput } from "./definition.ts";

/** Names under which an artifact may report test results; documented for each check that reads them. */
export const resultFields = {
  run: ["tests_run", "total", "tests_total", "total_tests", "test_count"],
  passed: ["passed", "tests_passed", "passed_tests", "passing", "passing_tests", "pass_count"],
  failed: ["failed", "tests_failed", "failed_tests", "failures", "failing", "failing_tests", "fail_count", "errors"],
  skipped: ["skipped", "tests_skipped", "skipped_tests", "skip_count", "todo", "deselected", "pending"],
  exitCode: ["exit_code", "exit_status", "return_code"],
  allPassed: ["all_tests_pass", "all_tests_passed", "all_passed", "all_passing", "tests_pass"],
  someFailed: ["tests_are_failing", "tests_failing", "tests_fail"],
  coverage: ["line_coverage", "lines", "coverage_percent", "coverage_percentage", "coverage", "total_coverage"],
} as const;

/** What one artifact says of a test run; null where it says nothing. Where it says several things, the worst. */
export interface ReportedResults {
  readonly artifact: string;
  readonly run: number | null;
  readonly passed: number | null;
  readonly failed: number | null;
  readonly skipped: number | null;
  readonly exitCode: number | null;
  /** A plain yes or no: `all_tests_pass: true`, `tests_are_failing: true`. */
  readonly allPassed: boolean | null;
}

/**
 * The test results that artifacts report: those of the current phase's artifacts, or else the first other artifact that
 * reports any. Empty when none does.
 */
export function reportedResults(input: CheckInput): readonly ReportedResults[] {
  const declared = new Set(input.workflow.phases.get(input.phase)?.artifacts.map((artifact) => artifact.type));
  const reports = submittedArtifacts(input)
    .map(({ type, body }) => readResults(type, body))
    .filter((report) => report !== null);
  const ofPhase = reports.filter((report) => declared.has(report.artifact));
  return ofPhase.length > 0 ? ofPhase : reports.slice(0, 1);
}

/** Line coverage in per cent as the artifacts report it, the lowest where there are several; null when none does. */
export function reportedCoverage(input: CheckInput): number | null {
  for (const { body } of submittedArtifacts(input)) {
    for (const name of resultFields.coverage) {
      const values = fieldValues(body, [name])
        .map(percentOf)
        .filter((value) => value !== null);
      if (values.length > 0) return Math.min(...values);
    }
  }
  return null;
}

/** How many tests ran, as far as the report says; null when it does not. */
export function testsRun(report: ReportedResults): number | null {
  if (report.run !== null) return report.run;
  if (report.passed === null && report.failed === null) return null;
  return (report.passed ?? 0) + (report.failed ?? 0);
}

/** The fields that were looked for, for the message of a check that found none. */
export function fieldNames(...names: readonly (keyof typeof resultFields)[]): string {
  return names.map((name) => `\`${resultFields[name][0]}\``).join(", ");
}

function readResults(artifact: string, body: JsonValue): ReportedResults | null {
  const counts = countedCases(body);
  const report: ReportedResults = {
    artifact,
    run: highest(body, resultFields.run) ?? counts?.run ?? null,
    passed: highest(body, resultFields.passed) ?? counts?.passed ?? null,
    failed: highest(body, resultFields.failed) ?? counts?.failed ?? null,
    skipped: highest(body, resultFields.skipped) ?? counts?.skipped ?? null,
    exitCode: highest(body, resultFields.exitCode),
    allPassed: readClaim(body),
  };
  const { run, passed, failed, exitCode, allPassed } = report;
  // `todo` and `pending` stand in plans too; alone they make no report.
  const skipped = highest(body, ["skipped", "tests_skipped", "skipped_tests"]);
  return [run, passed, failed, skipped, exitCode, allPassed].every((value) => value === null) ? null : report;
}

function highest(body: JsonValue, names: readonly string[]): number | null {
  const values = fieldValues(body, names)
    .map(countOf)
    .filter((value) => value !== null);
  return values.length > 0 ? Math.max(...values.map(Math.abs)) : null;
}

function countOf(value: JsonValue): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string" && /^-?\d{1,9}$/u.test(value.trim())) return Number(value);
  if (Array.isArray(value)) return value.length;
  return null;
}

function percentOf(value: JsonValue): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  const match = typeof value === "string" ? /^(\d{1,3}(?:\.\d{1,6})?)\s*%?$/u.exec(value.trim()) : null;
  return match ? Number(match[1]) : null;
}

const passedWords = new Set(["passed", "pass", "passing", "success", "successful", "succeeded", "green", "ok"]);
const failedWords = new Set(["failed", "fail", "failing", "failure", "error", "errored", "red", "broken"]);
const skippedWords = new Set(["skipped", "skip", "todo", "pending", "deselected", "disabled"]);

function readClaim(body: JsonValue): boolean | null {
  const claims = [
    ...fieldValues(body, resultFields.allPassed),
    ...fieldValues(body, resultFields.someFailed).map((value) => (typeof value === "boolean" ? !value : value)),
  ].filter((value) => typeof value === "boolean");
  if (claims.length === 0) return null;
  return claims.every(Boolean);
}

interface CaseCounts {
  readonly run: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts lists of test cases that carry a status each: `tests: [{ name, status: "failed" }]`. */
function countedCases(body: JsonValue): CaseCounts | null {
  const statuses = fieldValues(body, ["results", "tests", "test_results", "test_cases", "cases"])
    .filter((value) => Array.isArray(value))
    .flatMap((list) => list.filter(isObject).map(caseStatus))
    .filter((status) => status !== null);
  if (statuses.length === 0) return null;
  const count = (wanted: string) => statuses.filter((status) => status === wanted).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  return { run: passed + failed, passed, failed, skipped };
}

function caseStatus(item: JsonObject): "passed" | "failed" | "skipped" | null {
  const word = item["status"] ?? item["outcome"] ?? item["result"] ?? item["state"];
  if (typeof word !== "string") return null;
  const plain = word.trim().toLowerCase();
  if (failedWords.has(plain)) return "failed";
  if (passedWords.has(plain)) return "passed";
  return skippedWords.has(plain) ? "skipped" : null;
}
