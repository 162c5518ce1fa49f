import type { TestRun } from "@phasegate/wire";
import { type BaseTestsReading, readBaseTests } from "../evidence/base-tests.ts";
import { newCrashes } from "../evidence/crashes.ts";
import { readGreen } from "../evidence/green.ts";
import { removedTestsHint } from "../evidence/removed-tests.ts";
import { evidenceWorkflow } from "../evidence/settings.ts";
import { indexRun } from "../evidence/test-runs.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { counted, fail, listed, pass } from "./outcome.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";
import { settingsFindings } from "./settings-findings.ts";

export const baseTestsPass = gatheredCheck({
  name: "base_tests_pass",
  aliases: ["base_tests"],
  passesWhen:
    "every test that passed on the base passes on this product, too, with tests, helpers and data as the base has them, or was red as the task changed it, or is given up in the artifact `removed_tests`",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judge(input) {
    const reading = readBaseTests(evidenceSubject(input));
    if (!reading.ok) return fail(reading.problem, reading.hint ?? "ask for the transition again");
    if (reading.value === null) return pass();
    const { run, open, toGiveUp, worseFiles, changedFiles, unloadedFiles, needsTask } = reading.value;
    const { evidenceId } = run;
    const findings = findingsOf(reading.value, input);
    if (open.length === 0 && worseFiles.length === 0) return { ...pass(), evidenceId, findings };
    const problems = reading.value.problem === null ? problemsOfTests(reading.value) : [problemOfBaseRun(run, input)];
    const needing = open.filter(needsTask);
    const message = [
      ...problems.map(({ text }) => text),
      ...(changedFiles.length === 0 ? [] : [`this task changed of their files ${listed(changedFiles)}`]),
      ...(needing.length === 0 ? [] : [`${besideTask}: ${listed(needing)}`]),
    ].join("; ");
    const isPart = toGiveUp.length < open.length;
    const steps = [
      ...new Set(problems.map(({ step }) => step)),
      `\`GET /tasks/{task_id}/evidence\` holds what they printed, as \`${evidenceId}\``,
      removedTestsHint(input.facts, [...new Set([...toGiveUp, ...missingAtGreen(input)])], {
        gone: "where this task changes what they ask for, they are named in the artifact `removed_tests`",
        unloaded: unloadedFiles,
      }),
      ...(isPart ? ["a file of which all are named is left out, and the others are run without it"] : []),
    ];
    return {
      ...fail(`tests of the base, as the base has them, on this product: ${message}`, steps.join("; ")),
      evidenceId,
      findings,
    };
  },
  judgeReport: judgeReportedPass,
});

/** Tests that `all_tests_pass` asks for in the same artifact. */
function missingAtGreen(input: CheckInput): readonly string[] {
  if (input.beside?.has("all_tests_pass") !== true) return [];
  const green = readGreen(evidenceSubject(input));
  return green.ok ? green.value.missing : [];
}

const besideTask = "as they are they pass only beside what this task put among the tests";

interface Problem {
  readonly text: string;
  /** What to do about it. */
  readonly step: string;
}

function problemsOfTests({
  unloaded,
  failing,
  newlyFailing,
  skipped,
  notRun,
  worseFiles,
  run,
  needsTask,
}: BaseTestsReading): Problem[] {
  const problem = (what: string, names: readonly string[], step: string, why = ""): readonly Problem[] =>
    names.length === 0 ? [] : [{ text: `${what}: ${listed(names)}${why}`, step }];
  const hasRun = new Set(run.cases.map(({ file }) => file));
  const notLoading = unloaded.filter(({ file }) => !hasRun.has(file));
  const failingFiles = unloaded.filter(({ file }) => hasRun.has(file));
  return [
    ...problem(
      "do not load",
      notLoading.map(({ file }) => file),
      "keep what they load where they look for it, such as an export by its old name",
      reasonOf(notLoading[0]?.message),
    ),
    ...problem(
      "fail as files, beside their tests",
      failingFiles.map(({ file }) => file),
      "repair what their hooks ask for",
      reasonOf(failingFiles[0]?.message),
    ),
    ...problem(
      "fail",
      failing.map(({ identity }) => identity),
      failing.every(({ identity }) => needsTask(identity))
        ? "let them pass without what this task put among the tests"
        : "repair what they test",
      reasonOf(failing[0]?.message),
    ),
    ...problem(
      "fail, and did not on the base",
      newlyFailing.map(({ identity }) => identity),
      "repair what their hooks ask for",
      reasonOf(newlyFailing[0]?.message),
    ),
    ...problem("are skipped", skipped, "let the product skip none"),
    ...(run.stoppedEarly
      ? problem("did not run, since the run stopped before them", notRun, "repair what it stopped at")
      : problem(
          "did not run, though their files are there",
          notRun,
          "let neither the product nor the settings of the tests leave them out",
        )),
    ...problem("fewer pass, or more fail, in", worseFiles, "repair what they test"),
  ];
}

/** A run that says nothing of any test: what became of it, and what it printed last. */
function problemOfBaseRun(run: TestRun, { workflow }: CheckInput): Problem {
  const { status, problem, exitCode, output } = run;
  const seconds = evidenceWorkflow(workflow.normalized.evidence).tests?.timeoutSeconds;
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  // The runner says behind it how the run ended.
  const printed = status === "completed" || status === "contradiction" ? lines : lines.slice(0, -1);
  const line = (status === "timed_out" ? undefined : printed.find((one) => telling.test(one))) ?? printed.at(-1);
  const said = line === undefined ? "" : `, and printed \`${short(line)}\``;
  const code = exitCode === null ? "" : ` with exit code ${String(exitCode)}`;
  switch (status) {
    case "timed_out":
      return {
        text: `they did not end${seconds === undefined ? " in time" : ` within ${String(seconds)} s`}${said === "" ? "" : `${said} last`}`,
        step: "let what they call end",
      };
    case "over_limit":
      return { text: `they used more than a run may${said}`, step: "let what they call use less" };
    case "setup_failed":
      return {
        text: `\`workspace.setup\` failed${said}`,
        step: "repair the manifests and locks that this task changed",
      };
    case "prepare_failed":
      return { text: `they could not be prepared${code}${said}`, step: "repair what `evidence.tests.prepare` builds" };
    case "no_report":
      return problem === undefined
        ? {
            text: `they do not build or start: no report was written, and the command ended${code}${said}`,
            step: "keep what they are built with and what they load",
          }
        : { text: `their test runner does not start: ${problem}`, step: "put back what this task took from it" };
    default:
      return {
        text: `what they reported cannot be taken${problem === undefined ? code : `: ${problem}`}${said}`,
        step: "let the product neither write the report nor end the process of the tests",
      };
  }
}

/** What the first of several says of itself. */
function reasonOf(message = ""): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((one) => telling.test(one)) ?? lines[0];
  return line === undefined ? "" : `, of which the first says \`${short(line)}\``;
}

/** A line that tells what went wrong, among those of a stack or a build. */
const telling = /error\b|cannot find|no module named|expected/i;

/** One line of what a run printed, fit for a message. */
function short(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return line.length > 160 ? `${line.slice(0, 160).toWellFormed()}...` : line;
}

function findingsOf(
  { givenUp, changedRed, unloadedFiles, flaky, problem, run, needsTask }: BaseTestsReading,
  input: CheckInput,
): readonly CheckFinding[] {
  const { evidenceId } = run;
  const told = (name: string, what: string, tests: readonly string[]): readonly CheckFinding[] =>
    tests.length === 0 ? [] : [{ name, severity: "warning", message: `${what}: ${listed(tests, 20)}`, evidenceId }];
  const { base, current } = input.facts.evidence ?? {};
  // What is gone, and what crashed, is told by `green`, where it judges as well.
  const beside = input.beside?.has("all_tests_pass") === true ? current : undefined;
  const isToldBeside = (identity: string): boolean =>
    beside !== undefined && indexRun(beside).stateOf(identity) === "missing";
  const crashesOf = (one: TestRun): readonly string[] => newCrashes(base ?? { output: "" }, one);
  const hasNoCrash = run.exitCode === 0 || problem !== null || (beside !== undefined && crashesOf(beside).length > 0);
  const nothing = "as the base has them nothing is known of them on this product";
  const own = givenUp.filter((identity) => !isToldBeside(identity));
  const [before, states] = [indexRun(base ?? run), indexRun(run)];
  const fileOf = (identity: string): string => before.fileOf(identity) ?? "";
  const isUnloaded = (identity: string): boolean => unloadedFiles.has(fileOf(identity));
  const rest = own.filter((identity) => !needsTask(identity) && !isUnloaded(identity));
  const isUnknown = (identity: string): boolean => run.stoppedEarly && states.stateOf(identity) === "missing";
  const files = [...Map.groupBy(own.filter(isUnloaded), fileOf)].map(([file, tests]) => {
    const held = tests.filter((identity) => current !== undefined && indexRun(current).stateOf(identity) === "passed");
    return `${file} (${counted(tests.length, "test")}, ${String(held.length)} passing as this task has them)`;
  });
  return [
    ...told("removed_tests", "as the base has them these files do not load on this product, and are given up", files),
    ...(problem === null
      ? [
          ...told(
            "removed_tests",
            "as the base has them they do not pass on this product, and are given up",
            rest.filter((identity) => !isUnknown(identity)),
          ),
          ...told(
            "removed_tests",
            `${nothing} (the run stopped before them), and are given up`,
            rest.filter(isUnknown),
          ),
        ]
      : told("removed_tests", `${nothing} (${problemOfBaseRun(run, input).text}), and are given up`, rest)),
    ...told(
      "removed_tests",
      `${besideTask}, and are given up as the base has them`,
      own.filter((identity) => needsTask(identity) && !isUnloaded(identity)),
    ),
    ...told("rewritten_tests", "red as this task has them, and not passing as the base has them", changedRed),
    ...told(
      "failed_on_base",
      "failures that the base has too explain the exit code; crashes as the base has its tests, and none on the base",
      hasNoCrash ? [] : crashesOf(run),
    ),
    ...told("flaky", "as the base has them, both outcomes on this product", flaky),
    ...(input.beside?.has("all_tests_pass") === true ? [] : settingsFindings(input, run)),
  ];
}
