import type { FactKind, FindingSource } from "@phasegate/wire";
import type { TSchema } from "typebox";
import type { EvidenceSubject } from "../evidence/subject.ts";
import { submittedArtifacts } from "./artifact-fields.ts";
import type { CheckDefinition, CheckInput, CheckOutcome } from "./definition.ts";
import { fail, noParameters } from "./outcome.ts";

/**
 * A check on facts that are gathered. Where the workflow accepts the agent's word, `judgeReport` reads it from the
 * artifacts instead; without an artifact it does not pass.
 */
export function gatheredCheck(options: {
  name: string;
  aliases?: readonly string[];
  passesWhen: string;
  parameters?: TSchema;
  needs: readonly FactKind[];
  source: FindingSource;
  /** Artifact fields that `judgeReport` reads. */
  fields: readonly string[];
  judge: (input: CheckInput) => CheckOutcome;
  judgeReport: (input: CheckInput) => CheckOutcome;
}): CheckDefinition {
  return {
    name: options.name,
    aliases: options.aliases ?? [],
    passesWhen: options.passesWhen,
    parameters: options.parameters ?? noParameters,
    needs: options.needs,
    source: options.source,
    fields: options.fields,
    selfReportable: true,
    warningOnly: false,
    judge(input) {
      if (!input.selfReported) return options.judge(input);
      if (submittedArtifacts(input).length === 0) {
        return fail("no artifact was submitted", "submit an artifact that reports the results");
      }
      return options.judgeReport(input);
    },
  };
}

/** What a check's evidence is about. */
export function evidenceSubject({ facts, baseTree, workflow }: CheckInput): EvidenceSubject {
  return { facts, baseTree, isTestFile: (path) => workflow.isTestFile(path) };
}
