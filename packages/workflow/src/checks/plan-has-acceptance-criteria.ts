import { fieldCheck } from "./field-check.ts";
import { criteriaFields } from "./acceptance-criteria.ts";

export const planHasAcceptanceCriteria = fieldCheck({
  name: "plan_has_acceptance_criteria",
  passesWhen: "the plan lists at least one acceptance criterion that says something",
  fields: criteriaFields,
  subject: "acceptance criteria",
});
