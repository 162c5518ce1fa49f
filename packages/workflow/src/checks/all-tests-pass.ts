import type { EvidenceId, TestRun } from "@phasegate/wire";
import { readBaseTests } from "../evidence/base-tests.ts";
import { canaryProblem } from "../evidence/canary.ts";
import { dataAfterRed } from "../evidence/data-after-red.ts";
import { testsOfChange } from "../evidence/coverage-tests.ts";
import { newCrashes } from "../evidence/crashes.ts";
import { readGreen, type GreenReading } from "../evidence/green.ts";
import { removedTestsHint } from "../evidence/removed-tests.ts";
import { executedTests } from "../evidence/test-runs.ts";
import { executionOfChanges } from "../evidence/weak-red.ts";
import type { CheckFinding, CheckInput, CheckOutcome } from "./definition.ts";
import { changedRedFindings } from "./changed-reds.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";
import { runFindings } from "./run-findings.ts";
import { testsUnchangedSince } from "./tests-unchanged-since.ts";

/** Most problems that one message names; the rest is counted. */
const maxProblems = 3;

export const allTestsPass = gatheredCheck({
  name: "all_tests_pass",
  aliases: ["green"],
  passesWhen:
    "every test that was red passes on byte-identical files and fails still without the implementation, no test of such a file is skipped unless the base skipped it or its own text skips it on this platform, and no test that passed before is missing, skipped or failing",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judge(input) {
    const reading = readGreen(evidenceSubject(input));
    if (!reading.ok) return fail(reading.problem, reading.hint ?? "run the tests in the workspace with `run_tests`");
    const outcome = judgeGreen(reading.value, input);
    const findings = [
      ...findingsOf(reading.value, input.facts.evidence?.base),
      ...changedRedFindings(input, reading.value.run, { hasImplementation: true }),
      ...runFindings(input, reading.value.run),
      ...lateData(input, reading.value.run),
      ...(outcome.passed ? weakRed(reading.value, input) : []),
    ];
    return { ...outcome, evidenceId: reading.value.run.evidenceId, findings };
  },
  judgeReport: judgeReportedPass,
});

function judgeGreen(reading: GreenReading, input: CheckInput): CheckOutcome {
  const distrust = canaryProblem(reading.run);
  if (distrust) return fail(distrust.message, distrust.hint);
  const problems = [...problemsOfRed(reading, input), ...problemsOfRun(reading, input)];
  if (problems.length === 0) problems.push(...problemsOfRedAgain(reading));
  if (problems.length === 0) return pass();
  const shown = problems.slice(0, maxProblems).map(({ message }) => message);
  const more = problems.length - shown.length;
  // Every step that is to be taken, or the answer to the first would be refused for the next.
  const hints = [...new Set(problems.slice(0, maxProblems).map(({ hint }) => hint))];
  return fail(more > 0 ? `${shown.join("; ")}; and ${more} more` : shown.join("; "), hints.join("; "));
}

interface Problem {
  readonly message: string;
  readonly hint: string;
}

function problemsOfRed(reading: GreenReading, input: CheckInput): readonly Problem[] {
  const back = "put the file back to what it was when it was red, or go back by a rework transition and be red again";
  const named = new Set([...reading.unloadedRedFiles, ...reading.emptyRedFiles]);
  const stillRed = reading.stillRed.filter((identity) => !named.has(identity));
  const unchanged = reading.redWithoutFile ? testsUnchangedSince.judge({ ...input, parameters: {} }) : pass();
  return [
    ...problem("red test files have changed since", reading.changedRedFiles, back),
    ...(unchanged.passed ? [] : [{ message: unchanged.message, hint: unchanged.hint ?? back }]),
    ...problem("red test files do not load", reading.unloadedRedFiles, "implement what they import"),
    ...problem("red test files hold no test", reading.emptyRedFiles, "a red file must hold a test that runs"),
    ...problem(
      "red test files hold skipped tests",
      reading.skippedInRedFiles,
      "let every test of a red file run; one for another platform is skipped by a condition that names only the platform, as `process.platform`, `sys.platform`, `#[cfg(unix)]`",
    ),
    ...problem("red and not passing", stillRed, "implement what they test"),
  ];
}

/** Red tests that pass must owe it to what changed since: on their own tree they fail still. */
function problemsOfRedAgain({ redAgain }: GreenReading): readonly Problem[] {
  const { notRedAgain, withoutTree, problem: unknown } = redAgain;
  const again =
    "ask for the transition again; the tests of the base with the changes of the phase that wrote them must run";
  return [
    ...problem(
      "pass or are gone without the implementation, on the very tree on which they were red",
      notRedAgain,
      "go back by a rework transition and write them so that only the implementation decides, not the hour, chance or the environment",
    ),
    ...problem(
      "recorded by an earlier version, without the tree on which they were red",
      withoutTree,
      "go back by a rework transition to the phase that wrote them, and pass its gate again",
    ),
    ...(unknown === null ? [] : [{ message: `red tests without the implementation: ${unknown}`, hint: again }]),
  ];
}

function problemsOfRun(reading: GreenReading, input: CheckInput): readonly Problem[] {
  const moved = reading.moved.filter(({ identity }) => reading.missing.includes(identity));
  const gone = [
    removedTestsHint(input.facts, reading.missing),
    ...(moved.length > 0 ? [`so does one that moved and passes there: ${listed(moved.map(placesOfMove))}`] : []),
    ...(asksForMore(input) ? ["`base_tests_pass` writes it out with its own"] : []),
  ].join("; ");
  const red = new Set([...reading.stillRed, ...reading.unloadedRedFiles]);
  const unloaded = reading.newlyUnloaded.map(({ file }) => file).filter((file) => !red.has(file));
  return [
    ...problem("test files do not load, and did on the base or are new", unloaded, "repair them"),
    ...problem("passed before and fail now", reading.failing, "repair what they test"),
    ...problem("failing, and not so on the base", reading.newlyFailing, "repair what they test"),
    ...problem("passed before and are skipped now", reading.skipped, "let them run"),
    ...problem("passed before and are missing now", reading.missing, gone),
    ...problem("fewer tests pass than before, or more fail, in", reading.worseFiles, gone),
    ...(reading.run.stoppedEarly
      ? [{ message: "the test run stopped early, so that what other tests do is unknown", hint: "repair the build" }]
      : []),
    ...(executedTests(reading.run) === 0 ? [{ message: "no test ran", hint: "`tests_were_run` tells why" }] : []),
  ];
}

function placesOfMove({ identity, now }: GreenReading["moved"][number]): string {
  return `${identity} -> ${now}`;
}

/** Whether another check of the gate asks for entries in the same artifact, and writes out all. */
function asksForMore(input: CheckInput): boolean {
  if (input.beside?.has("base_tests_pass") !== true) return false;
  const baseTests = readBaseTests(evidenceSubject(input));
  return baseTests.ok && baseTests.value !== null && baseTests.value.toGiveUp.length > 0;
}

function problem(message: string, names: readonly string[], hint: string): readonly Problem[] {
  return names.length === 0 ? [] : [{ message: `${message}: ${listed(names)}`, hint }];
}

function lateData(input: CheckInput, { evidenceId }: TestRun): readonly CheckFinding[] {
  const { snapshots, others } = dataAfterRed(evidenceSubject(input));
  const late = "and came or changed after they were red, with the implementation";
  const about = { name: "data_after_red", evidenceId };
  const [stored, read] = ["what tests compare with", "among the tests, which may read it,"];
  return [
    ...(snapshots.length > 0
      ? [{ ...about, severity: "info" as const, message: `snapshots, ${stored}, ${late}: ${listed(snapshots, 20)}` }]
      : []),
    ...(others.length > 0
      ? [{ ...about, severity: "warning" as const, message: `${read} ${late}: ${listed(others, 20)}` }]
      : []),
  ];
}

function findingsOf(reading: GreenReading, base: TestRun | undefined): readonly CheckFinding[] {
  const { evidenceId } = reading.run;
  const finding = (name: string, severity: CheckFinding["severity"], message: string): CheckFinding => {
    return { name, severity, message, evidenceId };
  };
  const { canary } = reading.run;
  return [
    ...(canary?.outcome === "not_applicable"
      ? [finding("canary_not_applicable", "info", `no test that must fail was run beside these: ${canary.seen ?? ""}`)]
      : []),
    ...(canary?.outcome === "failed_as_it_must" && canary.seen !== null
      ? [finding("canary_partial", "warning", `tests that must fail were ${canary.seen}`)]
      : []),
    ...(reading.flaky.length > 0
      ? [finding("flaky", "warning", `both outcomes on one tree: ${listed(reading.flaky)}`)]
      : []),
    ...(reading.failuresForgotten > 0
      ? [finding("flaky", "warning", `${reading.failuresForgotten} earlier runs with failures were not compared`)]
      : []),
    ...(reading.heldByFile.length > 0
      ? [
          finding(
            "unstable_names",
            "warning",
            `not in this run by name, since names in their files differ from run to run; as many others pass there: ${listed(reading.heldByFile, 20)}`,
          ),
        ]
      : []),
    ...(reading.failedOnBase.length > 0
      ? [failedOnBase(reading.failedOnBase, newCrashes(base ?? { output: "" }, reading.run), evidenceId)]
      : []),
    ...(reading.skippedSinceRed.length > 0
      ? [
          finding(
            "skipped_tests",
            "warning",
            `skipped in red files, on the base or for the platform: ${listed(reading.skippedSinceRed, 20)}`,
          ),
        ]
      : []),
    ...(reading.skippedAsOnBase.length > 0
      ? [
          finding(
            "skipped_tests",
            "info",
            `skipped in red files, as on the base: ${listed(reading.skippedAsOnBase, 20)}`,
          ),
        ]
      : []),
    ...(reading.removed.length > 0
      ? [finding("removed_tests", "warning", `passed before and are given up: ${listed(reading.removed, 20)}`)]
      : []),
    ...movedFindings(reading).map(([severity, message]) => finding("removed_tests", severity, message)),
  ];
}

/** What tests load where they are now is for a reader, unless they pass on this product as the base has them, too. */
function movedFindings({ moved, missing }: GreenReading): readonly (readonly [CheckFinding["severity"], string])[] {
  const named = (tests: GreenReading["moved"]): string => listed(tests.map(placesOfMove), 20);
  const held = moved.filter(({ isHeld }) => isHeld);
  const others = moved.filter(({ identity, isHeld }) => !isHeld && !missing.includes(identity));
  return [
    ...(held.length > 0
      ? [["info", `moved word for word, and pass there and as the base has them: ${named(held)}`] as const]
      : []),
    ...(others.length > 0
      ? [["warning", `moved, and pass there, by what is loaded and acts on them there: ${named(others)}`] as const]
      : []),
  ];
}

/** Where programs print their results, a crash behind them shows in the exit code alone, which these failures explain. */
function failedOnBase(tests: readonly string[], crashes: readonly string[], evidenceId: EvidenceId): CheckFinding {
  const message = `failed on the base and fail still: ${listed(tests, 20)}`;
  if (crashes.length === 0) return { name: "failed_on_base", severity: "info", message, evidenceId };
  const crashed = `with them alone no exit code tells of what crashed in this run and not on the base: ${listed(crashes)}`;
  return { name: "failed_on_base", severity: "warning", message: `${message}; ${crashed}`, evidenceId };
}

function weakRed({ wholeFileReds, run, changes }: GreenReading, input: CheckInput): readonly CheckFinding[] {
  if (wholeFileReds.length === 0) return [];
  const execution = executionOfChanges(run.coverage, {
    changes: [...changes.values()],
    contents: input.facts.tree?.differences[input.baseTree]?.contents ?? {},
    isTestFile: testsOfChange(input, run).isTest,
  });
  const files = `test files that did not load when they were red: ${listed(wholeFileReds)}`;
  const finding = { name: "weak_red", evidenceId: run.evidenceId };
  if (execution === "not_executed") {
    return [{ ...finding, severity: "warning", message: `no test executes a line that changed since; ${files}` }];
  }
  if (execution === "executed") return [];
  const why = run.coverage ? "the texts of changed files were not read" : "no coverage was measured";
  const message = `not told whether a test executes a line that changed: ${why}; ${files}`;
  return [{ ...finding, severity: "info", message }];
}
