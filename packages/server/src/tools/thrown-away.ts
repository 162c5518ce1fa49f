import type { JsonObject } from "@phasegate/wire";
import { type CompiledWorkflow, quote, quoteList } from "@phasegate/workflow";

/** What to tell an agent whose command wrote in a phase that may write nothing: it would count on what is gone. */
export function thrownAwayWarnings(
  result: JsonObject | null,
  { isScratch }: Pick<CompiledWorkflow, "isScratch">,
  phase: string,
): string[] {
  const told = result?.["thrown_away"];
  if (!Array.isArray(told)) return [];
  const paths = told.filter((path) => typeof path === "string").filter((path) => !isScratch(path));
  if (paths.length === 0) return [];
  return [
    `phase ${quote(phase)} may write nothing: what the command changed was thrown away: ${quoteList(paths, 3)}; ` +
      "write in a phase that may",
  ];
}
