import { fieldValues, submittedArtifacts } from "./artifact-fields.ts";
import type { CheckInput, CheckOutcome } from "./definition.ts";
import { fail, pass } from "./outcome.ts";

/** Passes when an artifact says so in as many words, and none says the opposite. */
export function judgeReportedVerdict(input: CheckInput, field: string): CheckOutcome {
  const verdicts = submittedArtifacts(input).flatMap(({ body }) => fieldValues(body, [field]));
  if (verdicts.length === 0) return fail(`no reviewer's verdict; looked for \`${field}: true\``);
  return verdicts.every((verdict) => verdict === true) ? pass() : fail(`\`${field}\` is reported as not so`);
}
