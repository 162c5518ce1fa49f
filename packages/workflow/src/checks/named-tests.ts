import type { JsonValue } from "@phasegate/wire";
import { acceptanceCriteria, pathsIn, plainCriterionName } from "./acceptance-criteria.ts";
import { fieldValues, isObject, submittedArtifacts, type SubmittedArtifact } from "./artifact-fields.ts";
import type { CheckDefinition, CheckInput, CheckOutcome } from "./definition.ts";
import { fail, listed, noParameters, pass } from "./outcome.ts";

const fileFields = ["test_files", "tests", "tests_written", "test_file", "files_created", "test_paths"] as const;
const coverFields = ["covers", "criteria", "criterion", "acceptance_criteria", "acceptance_criterion", "criteria_ids"];
const coveredFields = ["criteria_covered", "acceptance_criteria_covered", "covered_criteria"];
const mapFields = ["criteria_coverage", "acceptance_criteria_coverage", "coverage_map", "traceability"];

/** The test files that the artifacts name, relative to the workspace, each once. */
export function namedTestFiles(artifacts: readonly SubmittedArtifact[]): readonly string[] {
  const values = artifacts.flatMap(({ body }) => fieldValues(body, fileFields));
  const lists = values.filter((value) => typeof value !== "object" || Array.isArray(value) || value === null);
  return [...new Set(lists.flatMap((value) => pathsIn(value).filter(looksLikePath)))];
}

/** A check, under either of its names, that a named test file in the tree covers every acceptance criterion. */
export function criteriaCoverageCheck(own: Pick<CheckDefinition, "name" | "passesWhen">): CheckDefinition {
  return {
    ...own,
    aliases: [],
    parameters: noParameters,
    needs: ["tree", "artifacts"],
    source: "tree",
    fields: ["acceptance_criteria", "test_files", "tests", "criteria_coverage"],
    selfReportable: false,
    warningOnly: false,
    judge: judgeCriteriaCoverage,
  };
}

function judgeCriteriaCoverage(input: CheckInput): CheckOutcome {
  const { tree } = input.facts;
  if (!tree) return fail("the tree was not read");
  const artifacts = submittedArtifacts(input);
  const criteria = acceptanceCriteria(artifacts);
  if (criteria.length === 0) {
    return fail("no artifact lists acceptance criteria", "submit the plan with `acceptance_criteria`");
  }
  const present = new Set(tree.paths);
  const missing = namedTestFiles(artifacts).filter((path) => !present.has(path));
  if (missing.length > 0) return fail(`named test files are not in the tree: ${listed(missing)}`);
  const covered = coveredNames(artifacts, present);
  const open = criteria.filter(
    ({ names, files }) => !files.some((path) => present.has(path)) && ![...names].some((name) => covered.has(name)),
  );
  if (open.length === 0) return pass();
  return fail(
    `acceptance criteria without a test: ${listed(open.map(({ label }) => label))}`,
    "name the tests with what they cover: `tests: [{ file: test/a.test.ts, covers: [AC-1] }]`",
  );
}

/** Names of criteria that some test in the tree claims to cover. */
function coveredNames(artifacts: readonly SubmittedArtifact[], present: ReadonlySet<string>): ReadonlySet<string> {
  const names: JsonValue[] = [];
  for (const { body } of artifacts) {
    for (const test of fieldValues(body, fileFields).flatMap((value) => (Array.isArray(value) ? value : [value]))) {
      if (!isObject(test) || !pathsIn(test).some((path) => present.has(path))) continue;
      for (const member of coverFields) if (test[member] !== undefined) names.push(test[member]);
    }
    for (const map of fieldValues(body, mapFields).filter(isObject)) {
      for (const [name, files] of Object.entries(map))
        if (pathsIn(files).some((path) => present.has(path))) names.push(name);
    }
    const hasFiles = namedTestFiles([{ type: "", body }]).length > 0;
    if (hasFiles) names.push(...fieldValues(body, coveredFields));
  }
  return new Set(names.flatMap(criterionNames));
}

function criterionNames(value: JsonValue): readonly string[] {
  if (typeof value === "string" || typeof value === "number") return [plainCriterionName(String(value))];
  if (Array.isArray(value)) return value.flatMap(criterionNames);
  if (!isObject(value)) return [];
  return ["id", "criterion", "text", "name"].flatMap((member) => criterionNames(value[member] ?? []));
}

/** `tests: ["rejects an empty name"]` lists names of tests, not files. */
function looksLikePath(text: string): boolean {
  return !/\s/u.test(text) && /[./]/u.test(text);
}
