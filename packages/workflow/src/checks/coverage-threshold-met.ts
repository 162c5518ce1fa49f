import type { JsonObject } from "@phasegate/wire";
import { Type } from "typebox";
import { currentRun } from "../evidence/subject.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
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
    if (coverage.percent >= threshold) return { ...pass(), evidenceId };
    return {
      ...fail(`line coverage is ${coverage.percent} per cent, at least ${threshold} is asked for`, "test what is not"),
      evidenceId,
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

function thresholdOf(parameters: JsonObject): number {
  return Number(parameters["threshold"] ?? parameters["minimum"] ?? defaultCoverageThreshold);
}
