import { Type } from "typebox";
import { fieldValues, isObject, objectsIn, submittedArtifacts } from "./artifact-fields.ts";
import { ungatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";

export const command = ungatheredCheck({
  name: "command",
  passesWhen: "`run` exits with 0 in the sandbox on the exact tree",
  parameters: Type.Object(
    {
      run: Type.String({ minLength: 1, maxLength: 65_536, description: "the command line" }),
      timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 86_400 })),
      cwd: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
    },
    { additionalProperties: false },
  ),
  needs: ["evidence"],
  source: "evidence",
  fields: ["command", "exit_code"],
  judgeReport(input) {
    const run = (input.parameters["run"] as string).trim();
    const runs = submittedArtifacts(input).flatMap(({ body }) => [
      ...objectsIn(body),
      ...fieldValues(body, ["commands", "command_results"])
        .flatMap((value) => (Array.isArray(value) ? value : []))
        .filter(isObject),
    ]);
    const matching = runs.filter((result) => typeof result["command"] === "string" && result["command"].trim() === run);
    if (matching.length === 0) {
      return fail(
        `no artifact reports a run of \`${run}\`; looked for \`command\` and \`exit_code\` beside each other`,
      );
    }
    const failed = matching.find((result) => result["exit_code"] !== 0);
    return failed
      ? fail(`\`${run}\` is reported with exit code ${JSON.stringify(failed["exit_code"] ?? null)}`)
      : pass();
  },
});
