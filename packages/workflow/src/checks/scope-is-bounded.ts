import { artifactCheck } from "./artifact-check.ts";
import { filledItems } from "./artifact-fields.ts";
import { filledField } from "./field-check.ts";
import { inScopeFields } from "./has-in-scope.ts";
import { outOfScopeFields } from "./has-out-of-scope.ts";
import { fail, listed, pass } from "./outcome.ts";

const parts: readonly (readonly string[])[] = [inScopeFields, outOfScopeFields, ["constraints", "limitations"]];

export const scopeIsBounded = artifactCheck({
  name: "scope_is_bounded",
  passesWhen: "the scope says what is in, what is out, and under which constraints",
  fields: parts.flat(),
  expects: "an artifact with `scope: { in_scope, out_of_scope, constraints }`",
  judge(artifacts) {
    const missing = parts.filter((names) => filledField(artifacts, names).flatMap(filledItems).length === 0);
    if (missing.length === 0) return pass();
    return fail(
      `the scope lacks ${listed(missing.map(([name]) => name!))}`,
      "fill them in, at the top of the artifact or under `scope`, and submit it again",
    );
  },
});
