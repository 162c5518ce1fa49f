import { readGreen } from "../evidence/green.ts";
import { removedTestsHint } from "../evidence/removed-tests.ts";
import { readSkipped } from "../evidence/skipped.ts";
import type { CheckInput } from "./definition.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { counted, fail, listed, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";

export const noSkippedTests = gatheredCheck({
  name: "no_skipped_tests",
  passesWhen: "no test that ran before is skipped, todo or deselected",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.skipped],
  judge(input) {
    const reading = readSkipped(evidenceSubject(input));
    if (!reading.ok) return fail(reading.problem);
    const { skipped, run } = reading.value;
    const { evidenceId } = run;
    const toldByGreen = input.beside?.has("all_tests_pass") === true ? missingAtGreen(input) : new Set<string>();
    const deselected = reading.value.deselected.filter((identity) => !toldByGreen.has(identity));
    if (skipped.length > 0)
      return { ...fail(`ran before and skipped now: ${listed(skipped)}`, "run them"), evidenceId };
    if (deselected.length === 0) return { ...pass(), evidenceId };
    const hint = `select them; ${removedTestsHint(input.facts, deselected)}`;
    return { ...fail(`ran before and not in this run: ${listed(deselected)}`, hint), evidenceId };
  },
  judgeReport(input) {
    const reports = reportedResults(input).filter(({ skipped }) => skipped !== null);
    if (reports.length === 0) return fail(`no artifact reports skipped tests; looked for ${fieldNames("skipped")}`);
    const worst = Math.max(...reports.map(({ skipped }) => skipped ?? 0));
    return worst === 0 ? pass() : fail(`${counted(worst, "skipped test")} reported`, "run them, or take them out");
  },
});

/** Tests for whose absence `all_tests_pass` does not pass. */
function missingAtGreen(input: CheckInput): ReadonlySet<string> {
  const green = readGreen(evidenceSubject(input));
  return new Set(green.ok ? [...green.value.missing, ...green.value.notRun, ...green.value.stillRed] : []);
}
