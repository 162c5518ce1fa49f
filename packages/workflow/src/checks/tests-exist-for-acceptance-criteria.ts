import { criteriaCoverageCheck } from "./named-tests.ts";

export const testsExistForAcceptanceCriteria = criteriaCoverageCheck({
  name: "tests_exist_for_acceptance_criteria",
  passesWhen: "every acceptance criterion names, or is named by, a test file that is in the tree",
});
