import type { JsonObject, LineCoverage } from "@phasegate/wire";
import { Type } from "typebox";
import { testsOfChange } from "../evidence/coverage-tests.ts";
import { isHeldTest } from "../evidence/held-tests.ts";
import { leastCovered } from "../evidence/least-covered.ts";
import { currentRun } from "../evidence/subject.ts";
import { honestPercent, uncounted, type Uncounted } from "../evidence/uncounted.ts";
import { quote } from "../policy/quote.ts";
import type { CheckFinding, CheckInput } from "./definition.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { fieldNames, reportedCoverage, resultFields } from "./reported-results.ts";

/** Where neither the check nor `evidence.coverage` names a threshold. */
export const defaultCoverageThreshold = 80;

const noCoverageHint =
  "the command under `evidence.tests` writes `{coverage}/lcov.info`, or the file that `evidence.coverage.report` names";

export const coverageThresholdMet = gatheredCheck({
  name: "coverage_threshold_met",
  aliases: ["coverage", "coverage_threshold"],
  passesWhen: "line coverage is at least `threshold` per cent",
  parameters: Type.Object(
    {
      threshold: Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: "per cent; default: 80" })),
      minimum: Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: "another name for `threshold`" })),
    },
    { additionalProperties: false },
  ),
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.coverage],
  judge(input) {
    const run = currentRun(evidenceSubject(input));
    if (!run.ok) return fail(run.problem);
    const { coverage, problem, evidenceId } = run.value;
    const threshold = thresholdOf(input.parameters);
    if (!coverage) {
      const why = problem === undefined ? "" : `: ${problem}`;
      return { ...fail(`the test run measured no coverage${why}`, noCoverageHint), evidenceId };
    }
    const { isTest, loaded } = testsOfChange(input, run.value);
    const left = leftOut(coverage, input, { isTest, loaded });
    const findings = [...findingsOf(left), ...likeTests(input, isTest)].map((finding) => ({ ...finding, evidenceId }));
    const percent = honestPercent(coverage, left);
    if (percent >= threshold) return { ...pass(), evidenceId, findings };
    return {
      ...fail(messageOf(percent, threshold, left), `${hintOf(left, input, coverage)}${wayToTests(input)}`),
      evidenceId,
      findings,
    };
  },
  judgeReport(input) {
    const threshold = thresholdOf(input.parameters);
    const coverage = reportedCoverage(input);
    if (coverage === null) return fail(`no artifact reports coverage; looked for ${fieldNames("coverage")}`);
    // Some tools report a share, 0 to 1. Read as per cent it can only be too low, never too high.
    if (coverage >= threshold && coverage <= 100) return pass();
    return fail(`reported line coverage is ${coverage} per cent, at least ${threshold} is asked for`);
  },
});

/** What the change keeps out of the report. */
function leftOut(
  coverage: LineCoverage,
  { facts, baseTree }: CheckInput,
  { isTest, loaded }: ReturnType<typeof testsOfChange>,
): Uncounted {
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  return uncounted(coverage, {
    changes,
    contents,
    paths: facts.tree?.paths ?? [],
    base: facts.evidence?.base?.coverage ?? null,
    isTestFile: isTest,
    loaded,
  });
}

/** New files that no coverage counts, since they are taken for tests, though no phase of tests holds them. */
function likeTests(
  { workflow, facts, baseTree }: CheckInput,
  isTest: (path: string) => boolean,
): readonly CheckFinding[] {
  const isHeld = isHeldTest(workflow);
  const files = (facts.tree?.differences[baseTree]?.changes ?? [])
    .filter(({ kind, path }) => kind === "added" && isTest(path) && !isHeld(path))
    .map(({ path }) => path);
  if (files.length === 0) return [];
  const message = `new, named like tests, and held by no phase of tests; in no count of the coverage: ${listed(files, 20)}`;
  return [{ name: "coverage_unmeasured", severity: "warning", message }];
}

/** What whoever approves the figure should know. */
function findingsOf({ excluded, leftOut, unmeasured, uncovered }: Uncounted): readonly CheckFinding[] {
  const finding = (name: string, message: string): CheckFinding => ({ name, severity: "warning", message });
  const free = unmeasured.filter((path) => !uncovered.has(path));
  const counted = unmeasured.filter((path) => uncovered.has(path));
  return [
    ...(excluded.length > 0
      ? [finding("coverage_excluded", `new words take lines out of the coverage: ${listed(excluded, 20)}`)]
      : []),
    ...(leftOut.length > 0
      ? [
          finding(
            "coverage_left_out",
            `statements that the report counts neither as executed nor as missed, counted as not covered: ${listed(leftOut, 20)}`,
          ),
        ]
      : []),
    ...(counted.length > 0
      ? [
          finding(
            "coverage_unmeasured",
            `changed, and loaded by no test: counted as not covered: ${listed(counted, 20)}`,
          ),
        ]
      : []),
    ...(free.length > 0
      ? [finding("coverage_unmeasured", `changed, and in no count of the coverage: ${listed(free, 20)}`)]
      : []),
  ];
}

function messageOf(percent: number, threshold: number, { uncovered }: Uncounted): string {
  const shown = Math.floor(percent * 100) / 100;
  const lines = [...uncovered.values()].reduce((sum, count) => sum + count, 0);
  const more =
    lines === 0
      ? ""
      : `, with ${lines} lines that the report leaves out counted as not covered (${listed([...uncovered.keys()])})`;
  return `line coverage is ${shown} per cent${more}, at least ${threshold} is asked for`;
}

function hintOf({ uncovered }: Uncounted, { workflow }: CheckInput, coverage: LineCoverage): string {
  const least = leastCovered(coverage);
  if (uncovered.size === 0) return least === "" ? "test what is not" : `test what is not: ${least}`;
  const isLikeTest = [...uncovered.keys()].some((path) => workflow.isTestFile(path));
  const rename = isLikeTest ? "name product code so that the coverage tool takes it for no test, " : "";
  return `${rename}test those files, take out what keeps lines from being counted (comments, source maps), or delete what nothing uses`;
}

/** Where tests are frozen, they are written in the phase that froze them. */
function wayToTests({ freezes, phase, workflow }: CheckInput): string {
  const back = freezes.findLast((freeze) => freeze.phase !== phase);
  if (!back) return "";
  const isNear = workflow.phases.get(phase)?.exits.some(({ to }) => to === back.phase) === true;
  const frozen = `what phase ${quote(back.phase)} wrote is frozen`;
  return isNear
    ? `; ${frozen}: tests are added there, after a transition to it`
    : `; ${frozen}, and no single transition leads there: go back step by step, or leave it to another task`;
}

function thresholdOf(parameters: JsonObject): number {
  return Number(parameters["threshold"] ?? parameters["minimum"] ?? defaultCoverageThreshold);
}
