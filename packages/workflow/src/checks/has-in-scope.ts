import { fieldCheck } from "./field-check.ts";

export const inScopeFields = ["in_scope", "included"] as const;

export const hasInScope = fieldCheck({
  name: "has_in_scope",
  passesWhen: "an artifact says what is in scope",
  fields: inScopeFields,
  subject: "work that is in scope",
});
