import type { FactKind, FindingSource } from "@phasegate/wire";
import type { TSchema } from "typebox";
import { submittedArtifacts } from "./artifact-fields.ts";
import type { CheckDefinition, CheckInput, CheckOutcome } from "./definition.ts";
import { fail, noParameters } from "./outcome.ts";

/**
 * A check on facts that this version cannot gather. Where the workflow accepts the agent's word, `judgeReport` reads
 * it from the artifacts; otherwise the check never passes.
 */
export function ungatheredCheck(options: {
  name: string;
  aliases?: readonly string[];
  passesWhen: string;
  parameters?: TSchema;
  needs: readonly FactKind[];
  source: FindingSource;
  /** Artifact fields that `judgeReport` reads. */
  fields?: readonly string[];
  judgeReport?: (input: CheckInput) => CheckOutcome;
}): CheckDefinition {
  const { judgeReport } = options;
  return {
    name: options.name,
    aliases: options.aliases ?? [],
    passesWhen: options.passesWhen,
    parameters: options.parameters ?? noParameters,
    needs: options.needs,
    source: options.source,
    implemented: false,
    fields: options.fields ?? [],
    selfReportable: judgeReport !== undefined,
    warningOnly: false,
    judge(input) {
      if (!input.selfReported || !judgeReport) return fail(`the facts for \`${options.name}\` were not gathered`);
      if (submittedArtifacts(input).length === 0) {
        return fail("no artifact was submitted", "submit an artifact that reports the results");
      }
      return judgeReport(input);
    },
  };
}
