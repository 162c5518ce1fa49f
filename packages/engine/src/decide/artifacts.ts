import type { JsonValue } from "@phasegate/wire";
import type { CompiledArtifact } from "@phasegate/workflow";
import { judgeChecks } from "./checks.ts";
import { combine, type Judgement, nothingFound, objection } from "./judgement.ts";
import type { Situation } from "./situation.ts";

/** Most misfits that one artifact's answer names. */
const maxMisfits = 20;

/** The phase's artifacts are there, fit their schemas, and pass their validation checks. */
export function judgeArtifacts(situation: Situation): Judgement {
  return combine(situation.phase.artifacts.map((artifact) => judgeArtifact(situation, artifact)));
}

function judgeArtifact(situation: Situation, artifact: CompiledArtifact): Judgement {
  const body = bodyOf(situation, artifact.type);
  if (body === undefined) return artifact.required ? missing(situation, artifact) : nothingFound;
  const misfits = artifact.validate(body).slice(0, maxMisfits);
  if (misfits.length === 0) return judgeChecks(situation, artifact.validation, { gate: null, question: null });
  return {
    ...nothingFound,
    objections: misfits.map((misfit) =>
      objection({
        check: "artifact_invalid",
        source: "artifact",
        reason: {
          code: "artifact_invalid",
          message: misfitMessage(artifact.type, misfit),
          rule: artifact.rule,
          hint: `submit \`${artifact.type}\` again so that it fits its schema`,
        },
      }),
    ),
  };
}

/** Names the place in the artifact, where the misfit has one. */
export function misfitMessage(type: string, misfit: { readonly place: string; readonly message: string }): string {
  return `artifact \`${type}\`${misfit.place === "" ? "" : ` at \`${misfit.place}\``}: ${misfit.message}`;
}

function bodyOf({ facts }: Situation, type: string): JsonValue | undefined {
  return facts.artifacts && Object.hasOwn(facts.artifacts, type) ? facts.artifacts[type] : undefined;
}

function missing({ phase }: Situation, artifact: CompiledArtifact): Judgement {
  return {
    ...nothingFound,
    objections: [
      objection({
        check: "artifact_missing",
        source: "artifact",
        reason: {
          code: "artifact_missing",
          message: `phase \`${phase.id}\` requires the artifact \`${artifact.type}\``,
          rule: artifact.rule,
          hint: `submit it in \`artifacts.${artifact.type}\` of the transition`,
        },
      }),
    ],
  };
}
