import type { JsonObject, LineCoverage } from "@phasegate/wire";
import { Type } from "typebox";
import { currentRun } from "../evidence/subject.ts";
import { uncounted } from "../evidence/uncounted.ts";
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
    const findings = findingsOf(coverage, input).map((finding) => ({ ...finding, evidenceId }));
    if (coverage.percent >= threshold) return { ...pass(), evidenceId, findings };
    return {
      ...fail(`line coverage is ${coverage.percent} per cent, at least ${threshold} is asked for`, "test what is not"),
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

/** What the change keeps out of the figure, for whoever approves it. */
function findingsOf(coverage: LineCoverage, { workflow, facts, baseTree }: CheckInput): readonly CheckFinding[] {
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  const isTestFile = (path: string): boolean => workflow.isTestFile(path);
  const { excluded, unmeasured } = uncounted(coverage, { changes, contents, isTestFile });
  const finding = (name: string, message: string): CheckFinding => ({ name, severity: "warning", message });
  return [
    ...(excluded.length > 0
      ? [finding("coverage_excluded", `new comments take lines out of the coverage: ${listed(excluded, 20)}`)]
      : []),
    ...(unmeasured.length > 0
      ? [finding("coverage_unmeasured", `changed, and in no count of the coverage: ${listed(unmeasured, 20)}`)]
      : []),
  ];
}

function thresholdOf(parameters: JsonObject): number {
  return Number(parameters["threshold"] ?? parameters["minimum"] ?? defaultCoverageThreshold);
}
