import { ungatheredCheck } from "./evidence-check.ts";
import { counted, fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";

export const noSkippedTests = ungatheredCheck({
  name: "no_skipped_tests",
  passesWhen: "no test that ran before is skipped, todo or deselected",
  needs: ["evidence"],
  source: "evidence",
  fields: [...resultFields.skipped],
  judgeReport(input) {
    const reports = reportedResults(input).filter(({ skipped }) => skipped !== null);
    if (reports.length === 0) return fail(`no artifact reports skipped tests; looked for ${fieldNames("skipped")}`);
    const worst = Math.max(...reports.map(({ skipped }) => skipped ?? 0));
    return worst === 0 ? pass() : fail(`${counted(worst, "skipped test")} reported`, "run them, or take them out");
  },
});
