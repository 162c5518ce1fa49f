import { artifactCheck } from "./artifact-check.ts";
import { fieldValues, filledItems, isFilled, saysNone, type SubmittedArtifact } from "./artifact-fields.ts";
import type { CheckDefinition } from "./definition.ts";
import { fail, pass } from "./outcome.ts";

/** What stands under one of the names in the artifacts and says something, in the order of the artifacts. */
export function filledField(artifacts: readonly SubmittedArtifact[], names: readonly string[]) {
  return artifacts.flatMap(({ body }) => fieldValues(body, names)).filter(isFilled);
}

/** A check that passes when an artifact has one of the named fields and something stands in it. */
export function fieldCheck(options: {
  name: string;
  aliases?: readonly string[];
  passesWhen: string;
  fields: readonly [string, ...string[]];
  /** What the field holds, for messages: `acceptance criteria`. */
  subject: string;
  /** Whether `none` is an answer: there may be nothing to write there. */
  mayBeNone?: boolean;
}): CheckDefinition {
  const [field] = options.fields;
  const mayBeNone = options.mayBeNone ?? false;
  return artifactCheck({
    name: options.name,
    aliases: options.aliases ?? [],
    passesWhen: options.passesWhen,
    fields: options.fields,
    expects: `an artifact with \`${field}\``,
    judge(artifacts) {
      if (filledField(artifacts, options.fields).flatMap(filledItems).length > 0) return pass();
      const values = artifacts.flatMap(({ body }) => fieldValues(body, options.fields));
      if (mayBeNone && values.some(saysNone)) return pass();
      const present = values.length > 0;
      return fail(
        present ? `\`${field}\` is empty or only a placeholder` : `no artifact has \`${field}\``,
        `write the ${options.subject} into \`${field}\`${mayBeNone ? ', or `["none"]` if there is none,' : ""} and submit the artifact again`,
      );
    },
  });
}
