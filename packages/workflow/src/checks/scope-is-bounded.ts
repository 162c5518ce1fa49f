import { artifactCheck } from "./artifact-check.ts";
import { fieldValues, filledItems, saysNone, type SubmittedArtifact } from "./artifact-fields.ts";
import { filledField } from "./field-check.ts";
import { inScopeFields } from "./has-in-scope.ts";
import { outOfScopeFields } from "./has-out-of-scope.ts";
import { fail, listed, pass } from "./outcome.ts";

const constraintFields = ["constraints", "limitations"] as const;
const parts: readonly (readonly string[])[] = [inScopeFields, outOfScopeFields, constraintFields];
/** What there may be none of. */
const mayBeNone: ReadonlySet<readonly string[]> = new Set([outOfScopeFields, constraintFields]);

export const scopeIsBounded = artifactCheck({
  name: "scope_is_bounded",
  passesWhen: "the scope says what is in, what is out, and under which constraints, or `none` for the last two",
  fields: parts.flat(),
  expects: "an artifact with `scope: { in_scope, out_of_scope, constraints }`",
  judge(artifacts) {
    const missing = parts.filter((names) => !isSaid(artifacts, names));
    if (missing.length === 0) return pass();
    return fail(
      `the scope lacks ${listed(missing.map(([name]) => name!))}`,
      `fill them in, at the top of the artifact or under \`scope\`, and submit it again${noneHint(missing)}`,
    );
  },
});

function isSaid(artifacts: readonly SubmittedArtifact[], names: readonly string[]): boolean {
  if (filledField(artifacts, names).flatMap(filledItems).length > 0) return true;
  return mayBeNone.has(names) && artifacts.some(({ body }) => fieldValues(body, names).some(saysNone));
}

function noneHint(missing: readonly (readonly string[])[]): string {
  const names = missing.find((one) => mayBeNone.has(one));
  return names ? `; where there is nothing to say, say so: \`"${names[0]!}": ["none"]\`` : "";
}
