import { fieldCheck } from "./field-check.ts";

export const hasSummary = fieldCheck({
  name: "has_summary",
  passesWhen: "an artifact has a summary that says something",
  fields: ["summary", "completion_summary", "implementation_summary"],
  subject: "summary",
});
