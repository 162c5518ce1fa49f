import type { JsonObject } from "@phasegate/wire";
import type { CompiledWorkflow } from "@phasegate/workflow";

/** The exit code of shells for a command that is not there, and of npm for one that its script names. */
const notFound = 127;

/**
 * What to tell an agent whose command missed a program where `workspace.setup` installs some: only test runs see those,
 * and it would look for them in the workspace.
 */
export function missingProgramWarnings(
  result: JsonObject | null,
  { normalized }: Pick<CompiledWorkflow, "normalized">,
): string[] {
  if (result?.["exit_code"] !== notFound || normalized.workspace.setup === null) return [];
  return ["commands do not see what `workspace.setup` installs; `run_tests` runs the tests with it"];
}
