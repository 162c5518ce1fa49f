import type { JsonObject } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";

/** The exit code of shells for a command that is not there, and of npm for one that its script names. */
const notFound = 127;

/** What npm says where it would fetch a program that is not installed, and there is no network or nothing to fetch from. */
const notFetched = /^npm (?:error|ERR!) code (?:ENOTCACHED|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ENETUNREACH)$/m;

/** What shells say of a program that is not there: behind a pipe, the exit code is another's. */
const notThere = /^(?:\/\S+\/)?(?:ba|da|z)?sh: (?:(?:line )?\d+: )?[^\s:]+: (?:command )?not found$/m;

/**
 * What to tell an agent whose command missed a program where `workspace.setup` installs some: only test runs see those,
 * and it would look for them in the workspace.
 */
export function missingProgramWarnings(
  result: JsonObject | null,
  { normalized }: Pick<CompiledWorkflow, "normalized">,
): string[] {
  if (normalized.workspace.setup === null) return [];
  const { exit_code: code, stdout, stderr } = result ?? {};
  const isNotFetched = code !== 0 && typeof stderr === "string" && notFetched.test(stderr);
  const isSaid = [stdout, stderr].some((text) => typeof text === "string" && notThere.test(text));
  if (code !== notFound && !isNotFetched && !isSaid) return [];
  return ["commands do not see what `workspace.setup` installs; `run_tests` runs the tests with it"];
}
