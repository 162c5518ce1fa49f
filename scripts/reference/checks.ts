import { checkDefinitions, type CheckDefinition } from "../../packages/workflow/src/index.ts";
import { cell, generatedNotice } from "./markdown.ts";
import { memberRows } from "./schema.ts";

/** A table of all checks, then a section for each that has parameters or reads artifact fields. */
export function checksPage(): string {
  const sorted = checkDefinitions.toSorted((left, right) => left.name.localeCompare(right.name, "en"));
  const rows = sorted.map((check) => {
    const name = [check.name, ...check.aliases].map((each) => `\`${each}\``).join(", ");
    const blocking = check.warningOnly ? "warns at most" : "yes";
    return `| ${name} | ${cell(check.passesWhen)} | ${check.source} | ${blocking} | ${check.selfReportable ? "possible" : "no"} |`;
  });
  return `# Checks

${generatedNotice("packages/workflow/src/checks")}

A gate names checks. Facts come from the tree, the ledger, artifacts, or evidence that the runner gathered. Where the last
column says so, a workflow may take them from the agent's artifact instead (\`evidence: self_reported\` on the check), and
every answer then carries \`source: self_reported\`.

| check | passes when | facts from | can block | self-reported |
|---|---|---|---|---|
${rows.join("\n")}

Artifact fields are found at the top of an artifact or in objects inside it, whatever their case, \`_\` and \`-\`. Empty
texts, empty lists and placeholders (\`TBD\`, \`TODO\`, \`n/a\`, \`...\`) do not count. Where a field stands several times in
an artifact, the worst counts; artifacts that the current phase requires go before those of earlier phases.

Beside its verdict a check may find something that never blocks. It stands among the findings of the answer and of
the task under its own name:

| finding | severity | means |
|---|---|---|
| \`weak_red\` | warning | a test file that did not load at \`red\` passes, and no test executes a line that changed since; info where coverage or texts do not tell |
| \`flaky\` | warning | a test failed and passed on one tree, and is not an unchanged test that was flaky on the base |
| \`failed_on_base\` | info | tests that failed on the base and fail still, in the file of a red test, too, where they and what stands beside them are word for word what they were; a warning where the run printed crashes that the base did not, since with such tests the exit code tells of nothing else |
| \`removed_tests\` | warning | tests that passed before, are gone, and are given up in the artifact \`removed_tests\` |
| \`changed_settings\` | warning | settings beside the tests that changed and that say which tests run, how, or what they load |
| \`shadowed_product\` | warning | files among the tests in the place of the product, or of the product in the place of helpers of the base's tests |
| \`expected_failures\` | warning | new lines of tests by which a failure counts as a success |
| \`unclassified\` | info | a file that does not load counted as red, though the report does not tell why it does not |

The artifact \`removed_tests\` lists old identities, as texts or as objects with \`identity\` and whatever else there is to
say. A test with parameters is given up whole by its identity without the brackets (\`tests/test_a.py > test_many\`), the tests
of a file that is gone by its path. What is missing is written out in that form by the gate, up to 1,000 entries.

\`tests_exist_for_acceptance_criteria\` and \`tests_cover_acceptance_criteria\` read which test file covers which criterion: of tests,
\`tests: [{ file: test/a.test.ts, covers: [AC-1, "ten cost 8"] }]\`; of criteria, \`criteria_coverage: { AC-1: [test/a.test.ts] }\`, or the
criterion itself, \`acceptance_criteria: [{ id: AC-1, text: ten cost 8, tests: [test/a.test.ts] }]\`; or \`test_files: [test/a.test.ts]\`
beside \`criteria_covered: [AC-1]\`. A criterion goes by its \`id\`, its text, or its place (\`1\`, \`AC-1\`); each file named is in the tree, and
counts where it is a test: by \`workspace.test_patterns\`, by a word of its path (\`Shop.Tests/\`, \`priceSpec.hs\`), or in Rust. The criteria are
those that an earlier phase handed over; those of the phase's own artifacts only where there are none.

${sorted.flatMap(section).join("\n")}`;
}

function section(check: CheckDefinition): string[] {
  const parameters = memberRows(check.parameters);
  const fields = check.fields ?? [];
  if (parameters.length + fields.length === 0) return [];
  const parts = [`## ${check.name}\n`];
  if (parameters.length > 0) parts.push(`| parameter | value | |\n|---|---|---|\n${parameters.join("\n")}\n`);
  if (fields.length > 0) parts.push(`Reads of artifacts: ${fields.map((field) => `\`${field}\``).join(", ")}.\n`);
  return parts;
}
