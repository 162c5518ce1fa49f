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

/**
 * Whether a path can be that of tests: by `workspace.test_patterns`, by its words, as where tests lie in folders of their own
 * kind, and in Rust, whose tests stand beside what they test.
 */
export function isOfTests({ workflow }: CheckInput, path: string): boolean {
  const hasWord = /(?:^|[^A-Za-z])(?:[Tt]est|[Ss]pec)s?(?![a-z])|[a-z](?:Test|Spec)s?(?![a-z])/u;
  return workflow.isTestFile(path) || path.endsWith(".rs") || hasWord.test(path);
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
  const criteria = acceptanceCriteria(handedOverFirst(input, artifacts));
  if (criteria.length === 0) {
    return fail("no artifact lists acceptance criteria", "submit the plan with `acceptance_criteria`");
  }
  const present = new Set(tree.paths);
  const missing = namedTestFiles(artifacts).filter((path) => !present.has(path));
  if (missing.length > 0) return fail(`named test files are not in the tree: ${listed(missing)}`);
  const others = namedTestFiles(artifacts).filter((path) => !isOfTests(input, path));
  for (const path of others) present.delete(path);
  const covered = coveredNames(artifacts, present);
  const open = criteria.filter(
    ({ names, files }) => !files.some((path) => present.has(path)) && ![...names].some((name) => covered.has(name)),
  );
  if (open.length === 0) return pass();
  const without = `acceptance criteria without a test: ${listed(open.map(({ label }) => label))}`;
  if (others.length > 0) return fail(`${without}; no test files: ${listed(others)}`, whatTestsAre);
  return fail(without, "name the tests with what they cover: `tests: [{ file: test/a.test.ts, covers: [AC-1] }]`");
}

export const whatTestsAre =
  "`workspace.test_patterns` says which files are tests; name such ones, or extend the patterns";

/** What an earlier phase handed over says what there is to test; an artifact of the phase itself only where none does. */
function handedOverFirst(
  { workflow, phase }: CheckInput,
  artifacts: readonly SubmittedArtifact[],
): readonly SubmittedArtifact[] {
  const current = workflow.phases.get(phase)?.index ?? 0;
  const earlier = [...workflow.phases.values()].filter(({ index }) => index < current);
  const types = new Set(earlier.flatMap((one) => one.artifacts.map(({ type }) => type)));
  return [...artifacts.filter(({ type }) => types.has(type)), ...artifacts.filter(({ type }) => !types.has(type))];
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
    const hasFiles = namedTestFiles([{ type: "", body }]).some((path) => present.has(path));
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
