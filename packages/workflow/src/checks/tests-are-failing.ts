import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";
import { fieldNames, reportedResults, resultFields } from "./reported-results.ts";

export const testsAreFailing = ungatheredCheck({
  name: "tests_are_failing",
  aliases: ["red"],
  passesWhen:
    "at least one test in a new or changed test file fails, and every test in an unchanged file that passed on the base passes",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.failed, ...resultFields.exitCode, ...resultFields.someFailed],
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
