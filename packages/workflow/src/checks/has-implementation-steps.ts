import { fieldCheck } from "./field-check.ts";

export const hasImplementationSteps = fieldCheck({
  name: "has_implementation_steps",
  aliases: ["plan_has_implementation_steps"],
  passesWhen: "an artifact lists at least one implementation step that says something",
  fields: ["implementation_steps", "steps", "implementation_plan"],
  subject: "implementation steps",
});
