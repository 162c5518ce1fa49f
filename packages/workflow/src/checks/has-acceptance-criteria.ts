import { criteriaFields } from "./acceptance-criteria.ts";
import { fieldCheck } from "./field-check.ts";

export const hasAcceptanceCriteria = fieldCheck({
  name: "has_acceptance_criteria",
  passesWhen: "an artifact lists at least one acceptance criterion that says something",
  fields: criteriaFields,
  subject: "acceptance criteria",
});
