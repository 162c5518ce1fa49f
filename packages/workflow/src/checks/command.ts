import { Type } from "typebox";
import { commandKey } from "../evidence/needed.ts";
import { fieldValues, isObject, objectsIn, submittedArtifacts } from "./artifact-fields.ts";
import { gatheredCheck } from "./evidence-check.ts";
import { fail, pass } from "./outcome.ts";

export const command = gatheredCheck({
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
  judge({ parameters, facts }) {
    const line = `\`${parameters["run"] as string}\``;
    const runs = facts.evidence?.commands ?? {};
    const key = commandKey(parameters);
    const run = Object.hasOwn(runs, key) ? runs[key] : undefined;
    if (!run) return fail(`${line} was not run on this tree`);
    const { evidenceId } = run;
    if (run.exitCode === 0) return { ...pass(), evidenceId };
    return { ...fail(`${line} ended with exit code ${run.exitCode}`, lastLine(run.output)), evidenceId };
  },
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

/** What the command said last, for the hint. */
function lastLine(output: string): string | undefined {
  const line = output
    .split("\n")
    .map((each) => each.trim())
    .findLast((each) => each !== "");
  return line === undefined ? undefined : `its last words: ${line.slice(0, 300)}`;
}
