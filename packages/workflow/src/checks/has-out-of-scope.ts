import { fieldCheck } from "./field-check.ts";

export const outOfScopeFields = ["out_of_scope", "excluded", "non_goals"] as const;

export const hasOutOfScope = fieldCheck({
  name: "has_out_of_scope",
  passesWhen: "an artifact says what is out of scope, or `none`",
  fields: outOfScopeFields,
  subject: "work that is out of scope",
  mayBeNone: true,
});
