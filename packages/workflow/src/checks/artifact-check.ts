import { submittedArtifacts, type SubmittedArtifact } from "./artifact-fields.ts";
import type { CheckDefinition, CheckInput, CheckOutcome } from "./definition.ts";
import { fail, noParameters } from "./outcome.ts";

/**
 * A check that is judged on what the agent submitted, and speaks only of that: what a plan says, not what is true.
 * Without any artifact it does not pass.
 */
export function artifactCheck(options: {
  name: string;
  aliases?: readonly string[];
  passesWhen: string;
  /** Artifact fields that it reads. */
  fields: readonly string[];
  /** What to submit, for the hint when nothing was. */
  expects: string;
  judge(artifacts: readonly SubmittedArtifact[], input: CheckInput): CheckOutcome;
}): CheckDefinition {
  return {
    name: options.name,
    aliases: options.aliases ?? [],
    passesWhen: options.passesWhen,
    parameters: noParameters,
    needs: ["artifacts"],
    source: "artifact",
    fields: options.fields,
    selfReportable: false,
    warningOnly: false,
    judge(input) {
      const artifacts = submittedArtifacts(input);
      if (artifacts.length === 0) return fail("no artifact was submitted", `submit ${options.expects}`);
      return options.judge(artifacts, input);
    },
  };
}
