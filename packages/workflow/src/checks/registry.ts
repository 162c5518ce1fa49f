import type { Place } from "@phasegate/wire";
import { compileSchema } from "../schema/compile-schema.ts";
import { allReviewModelsCompleted } from "./all-review-models-completed.ts";
import { allReviewsCompleted } from "./all-reviews-completed.ts";
import { allTestsPass } from "./all-tests-pass.ts";
import { approval } from "./approval.ts";
import { baseTestsPass } from "./base-tests-pass.ts";
import { command } from "./command.ts";
import { coverageThresholdMet } from "./coverage-threshold-met.ts";
import type { CheckDefinition } from "./definition.ts";
import { external } from "./external.ts";
import { hasAcceptanceCriteria } from "./has-acceptance-criteria.ts";
import { hasFilesChanged } from "./has-files-changed.ts";
import { hasImplementationSteps } from "./has-implementation-steps.ts";
import { hasInScope } from "./has-in-scope.ts";
import { hasOutOfScope } from "./has-out-of-scope.ts";
import { hasSummary } from "./has-summary.ts";
import { implementationExists } from "./implementation-exists.ts";
import { matchesPlan } from "./matches-plan.ts";
import { noBlockingIssues } from "./no-blocking-issues.ts";
import { noCommentedOutCode } from "./no-commented-out-code.ts";
import { noOpenQuestions } from "./no-open-questions.ts";
import { noSkippedTests } from "./no-skipped-tests.ts";
import { onlyAllowedPathsChanged } from "./only-allowed-paths-changed.ts";
import { planHasAcceptanceCriteria } from "./plan-has-acceptance-criteria.ts";
import { reviewCommentsAddressed } from "./review-comments-addressed.ts";
import { scopeIsBounded } from "./scope-is-bounded.ts";
import { testFilesFollowConvention } from "./test-files-follow-convention.ts";
import { testsAreFailing } from "./tests-are-failing.ts";
import { testsAreMeaningful } from "./tests-are-meaningful.ts";
import { testsCoverAcceptanceCriteria } from "./tests-cover-acceptance-criteria.ts";
import { testsExistForAcceptanceCriteria } from "./tests-exist-for-acceptance-criteria.ts";
import { testsExist } from "./tests-exist.ts";
import { testsFailed } from "./tests-failed.ts";
import { testsPassed } from "./tests-passed.ts";
import { testsUnchangedSince } from "./tests-unchanged-since.ts";
import { testsWereRun } from "./tests-were-run.ts";

/** Every check, in the order of the reference page. */
export const checkDefinitions: readonly CheckDefinition[] = [
  onlyAllowedPathsChanged,
  testsAreFailing,
  allTestsPass,
  baseTestsPass,
  noSkippedTests,
  testsUnchangedSince,
  coverageThresholdMet,
  testsExist,
  testsExistForAcceptanceCriteria,
  testsCoverAcceptanceCriteria,
  planHasAcceptanceCriteria,
  hasAcceptanceCriteria,
  scopeIsBounded,
  noOpenQuestions,
  hasInScope,
  hasOutOfScope,
  hasImplementationSteps,
  hasSummary,
  testsWereRun,
  testsFailed,
  testsPassed,
  implementationExists,
  hasFilesChanged,
  testFilesFollowConvention,
  noCommentedOutCode,
  noBlockingIssues,
  allReviewModelsCompleted,
  allReviewsCompleted,
  reviewCommentsAddressed,
  matchesPlan,
  testsAreMeaningful,
  command,
  approval,
  external,
];

const byName: ReadonlyMap<string, CheckDefinition> = new Map(
  checkDefinitions.flatMap((check) => [check.name, ...check.aliases].map((name) => [name, check] as const)),
);

/** Names and aliases, for the nearest known name of a mistyped one. */
export const checkNames: readonly string[] = [...byName.keys()];

/** The check of a name or alias; null when there is none, and then the workflow does not load. */
export function findCheck(name: string): CheckDefinition | null {
  return byName.get(name) ?? null;
}

const validators = new WeakMap<CheckDefinition["parameters"], (parameters: unknown) => readonly Place[]>();

/** Every place where the parameters do not fit the check's schema, unknown ones included; empty when they fit. */
export function validateCheckParameters(definition: CheckDefinition, parameters: unknown): readonly Place[] {
  let validate = validators.get(definition.parameters);
  if (!validate) {
    validate = compileSchema(definition.parameters);
    validators.set(definition.parameters, validate);
  }
  return validate(parameters);
}
