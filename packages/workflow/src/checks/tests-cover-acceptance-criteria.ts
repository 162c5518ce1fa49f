import { criteriaCoverageCheck } from "./named-tests.ts";

export const testsCoverAcceptanceCriteria = criteriaCoverageCheck({
  name: "tests_cover_acceptance_criteria",
  passesWhen:
    "every acceptance criterion that earlier phases handed over is covered by a named test file that is in the tree",
});
