import { readBaseTests } from "../evidence/base-tests.ts";
import { removedTestsHint } from "../evidence/removed-tests.ts";
import type { CheckFinding } from "./definition.ts";
import { evidenceSubject, gatheredCheck } from "./evidence-check.ts";
import { fail, listed, pass } from "./outcome.ts";
import { judgeReportedPass } from "./reported-pass.ts";
import { resultFields } from "./reported-results.ts";

export const baseTestsPass = gatheredCheck({
  name: "base_tests_pass",
  aliases: ["base_tests"],
  passesWhen:
    "every test that passed on the base passes on this product, too, with tests, helpers and data as the base has them, or is given up in the artifact `removed_tests`",
  needs: ["evidence", "tree"],
  source: "evidence",
  fields: [...resultFields.passed, ...resultFields.failed, ...resultFields.exitCode, ...resultFields.allPassed],
  judge(input) {
    const reading = readBaseTests(evidenceSubject(input));
    if (!reading.ok) return fail(reading.problem, reading.hint ?? "ask for the transition again");
    if (reading.value === null) return pass();
    const { run, unloadedFiles, lost, worseFiles, open, givenUp, flaky } = reading.value;
    const { evidenceId } = run;
    const told = (name: string, what: string, tests: readonly string[]): readonly CheckFinding[] =>
      tests.length === 0 ? [] : [{ name, severity: "warning", message: `${what}: ${listed(tests, 20)}`, evidenceId }];
    const findings = [
      ...told("removed_tests", "as the base has them they do not pass on this product, and are given up", givenUp),
      ...told("flaky", "as the base has them, both outcomes on this product", flaky),
    ];
    const problems = [
      ...(unloadedFiles.length > 0 ? [`do not load: ${listed(unloadedFiles)}`] : []),
      ...(lost.length > 0 ? [`do not pass: ${listed(lost)}`] : []),
      ...(worseFiles.length > 0 ? [`fewer pass, or more fail, in: ${listed(worseFiles)}`] : []),
    ];
    if (problems.length === 0) return { ...pass(), evidenceId, findings };
    const hint = `repair what they test; where this task changes what they ask for, ${removedTestsHint(input.facts, open)}`;
    const message = `tests of the base, as the base has them, on this product: ${problems.join("; ")}`;
    return { ...fail(message, hint), evidenceId, findings };
  },
  judgeReport: judgeReportedPass,
});
