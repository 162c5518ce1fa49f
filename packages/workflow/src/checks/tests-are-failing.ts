import { canaryProblem } from "../evidence/canary.ts";
import { readRed, type RedReading } from "../evidence/red.ts";
import { indexRun } from "../evidence/test-runs.ts";
import { redTreePaths } from "../evidence/needed.ts";
import type { CheckFinding, CheckOutcome } from "./definition.ts";
import { changedRedFindings } from "./changed-reds.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";
import { runFindings } from "./run-findings.ts";

export const testsAreFailing = gatheredCheck({
  name: "tests_are_failing",
  aliases: ["red"],
  passesWhen:
    "at least one test in a new or changed test file, or one that reads changed data among the tests, fails, and every other test in an unchanged file that passed on the base passes",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.failed, ...resultFields.exitCode, ...resultFields.someFailed],
  judge(input) {
    const phase = input.workflow.phases.get(input.phase);
    if (!phase) return fail(`the workflow has no phase \`${input.phase}\``);
    const reading = readRed({ ...evidenceSubject(input), mayWrite: redTreePaths(phase) });
    if (!reading.ok) return fail(reading.problem, reading.hint ?? "run the tests in the workspace with `run_tests`");
    const outcome = judgeRed(reading.value);
    const findings = [
      ...findingsOf(reading.value),
      ...changedRedFindings(input, reading.value.run, { hasImplementation: false }),
      ...runFindings(input, reading.value.run),
    ];
    return { ...outcome, evidenceId: reading.value.run.evidenceId, findings };
  },
  judgeReport(input) {
    const reports = reportedResults(input);
    if (reports.length === 0) {
      return fail(`no artifact reports a test run; looked for ${fieldNames("failed", "exitCode", "someFailed")}`);
    }
    if (reports.some(({ exitCode }) => exitCode === 0)) return fail("the reported test run ended with exit code 0");
    const failing = reports.some(({ failed, allPassed }) => (failed === null ? allPassed === false : failed > 0));
    // An exit code alone does not tell a failing test from a runner that did not start.
    return failing
      ? pass()
      : fail("no failing test is reported", "write a test that fails, run it and report `failed`");
  },
});

function judgeRed(reading: RedReading): CheckOutcome {
  const distrust = canaryProblem(reading.run);
  if (distrust) return fail(distrust.message, distrust.hint);
  if (reading.broken.length > 0) {
    const run = indexRun(reading.run);
    if (reading.red.length > 0 && reading.broken.every((identity) => run.stateOf(identity) === "missing")) {
      return fail(
        `tests in unchanged files passed on the base and are not in this run: ${listed(reading.broken)}`,
        "where the run ends at its first failure (`-x`, `--maxfail`, `bail`, `--failfast`), let it go on, in the command or the runner's configuration; otherwise repair what they need",
      );
    }
    return fail(
      `tests in unchanged files passed on the base and do not pass now: ${listed(reading.broken)}`,
      "repair what they need; a test that shall expect something else is changed in its own file, or in its data where nothing but data and tests of their own was changed, no helper",
    );
  }
  if (reading.red.length > 0) return pass(`red: ${listed(reading.red.map(({ identity }) => identity))}`);
  const reasons = [
    ...reading.inTest.map(
      ({ file, message }) => `the failure of \`${file}\` lies in the test itself: ${brief(message)}`,
    ),
    ...(reading.flaky.length > 0 ? [`flaky tests are never red: ${listed(reading.flaky)}`] : []),
    ...(reading.expectedToFail.length > 0
      ? [`a test that is expected to fail is never red, whether or not it does: ${listed(reading.expectedToFail)}`]
      : []),
    ...(reading.elsewhere.length > 0
      ? [`failing, though in no test file that this task added or changed: ${listed(reading.elsewhere)}`]
      : []),
  ];
  if (reasons.length > 0) {
    return fail(
      `no test is red; ${reasons.slice(0, 3).join("; ")}`,
      "write a test that fails because the implementation is missing; `workspace.test_patterns` says what a test file is",
    );
  }
  return fail(
    "no test is red: none in a new or changed test file fails on the base",
    "write a test of what the implementation lacks; implementation that is already there is not in this run; if behaviour is not to change, this task needs another workflow: ask the operator",
  );
}

function findingsOf({ unclassified, flaky, red, rewritten, skipped, run }: RedReading): readonly CheckFinding[] {
  const { evidenceId } = run;
  const findings: CheckFinding[] = [];
  if (unclassified.length > 0) {
    const files = listed(unclassified.map(({ file }) => file));
    const message = `\`unclassified\`: counted as red, though the report does not tell why ${files} did not load`;
    findings.push({ name: "unclassified", severity: "info", message, evidenceId });
  }
  if (red.length > 0 && flaky.length > 0) {
    findings.push({ name: "flaky", severity: "warning", message: `never red: ${listed(flaky)}`, evidenceId });
  }
  const states = indexRun(run);
  const [ran, read] = [
    skipped.filter((name) => states.stateOf(name) === "skipped"),
    skipped.filter((name) => states.stateOf(name) !== "skipped"),
  ];
  if (red.length > 0 && ran.length > 0) {
    const message = `skipped in the test files of this phase, so that they prove nothing here: ${listed(ran, 20)}`;
    findings.push({ name: "skipped_tests", severity: "warning", message, evidenceId });
  }
  if (red.length > 0 && read.length > 0) {
    // Of a file that does not load no run tells; at green each of its tests that is skipped is refused or named.
    const message = `may leave tests out, in files that do not load yet, which only a run that loads them tells: ${listed(read, 20)}`;
    findings.push({ name: "skipped_tests", severity: "info", message, evidenceId });
  }
  if (rewritten.length > 0) {
    const files = rewritten.map(({ file, before, after }) => {
      if (before === null) return `${file} (not told how many passed)`;
      return `${file} (${String(before)} passed, ${after === null ? "not run now, since the run stopped early" : `${String(after)} now`})`;
    });
    const message = `test files of the base that were changed, and of which nothing is red: ${listed(files, 20)}`;
    const isLess = rewritten.some(({ before, after }) => after !== null && after < (before ?? 0));
    findings.push({ name: "rewritten_tests", severity: isLess ? "warning" : "info", message, evidenceId });
  }
  return findings;
}

function brief(message: string): string {
  return message.split("\n", 1)[0]!.slice(0, 200);
}
