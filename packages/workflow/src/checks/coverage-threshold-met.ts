import { Type } from "typebox";
import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedCoverage, resultFields } from "./reported-results.ts";

/** Where neither the check nor `evidence.coverage` names a threshold. */
export const defaultCoverageThreshold = 80;

export const coverageThresholdMet = ungatheredCheck({
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
  needs: ["evidence"],
  source: "evidence",
  fields: [...resultFields.coverage],
  judgeReport(input) {
    const threshold = Number(input.parameters["threshold"] ?? input.parameters["minimum"] ?? defaultCoverageThreshold);
    const coverage = reportedCoverage(input);
    if (coverage === null) return fail(`no artifact reports coverage; looked for ${fieldNames("coverage")}`);
    // Some tools report a share, 0 to 1. Read as per cent it can only be too low, never too high.
    if (coverage >= threshold && coverage <= 100) return pass();
    return fail(`reported line coverage is ${coverage} per cent, at least ${threshold} is asked for`);
  },
});
