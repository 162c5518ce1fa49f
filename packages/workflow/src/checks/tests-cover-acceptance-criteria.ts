import type { CheckDefinition } from "./definition.ts";
import { judgeCriteriaCoverage } from "./named-tests.ts";
import { noParameters } from "./outcome.ts";

export const testsCoverAcceptanceCriteria: CheckDefinition = {
  name: "tests_cover_acceptance_criteria",
  aliases: [],
  passesWhen: "every acceptance criterion is covered by a named test file that is in the tree",
  parameters: noParameters,
  needs: ["tree", "artifacts"],
  source: "tree",
  fields: ["acceptance_criteria", "test_files", "tests", "criteria_coverage"],
  selfReportable: false,
  warningOnly: false,
  judge: judgeCriteriaCoverage,
};
