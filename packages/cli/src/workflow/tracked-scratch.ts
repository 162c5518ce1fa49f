import type { RuleReference } from "@phasegate/wire";
import { compileWorkflow, type Diagnostic, type StoredWorkflow } from "@phasegate/workflow";

/**
 * The warning that git tracks files in scratch folders: no change to them reaches a tree, a commit or an evidence run.
 * Null when there are none.
 */
export function trackedScratch(tracked: readonly string[], file: string, stored: StoredWorkflow): Diagnostic | null {
  const workflow = compileWorkflow(stored);
  const [first, ...others] = tracked.filter((path) => workflow.isScratch(path));
  if (first === undefined) return null;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return {
    severity: "warning",
    code: "tracked-scratch",
    message: `\`${first}\`${more} tracked in scratch folders: what a task changes there is in no tree, no commit and no evidence run, which see the base's content`,
    hint: "move what is source elsewhere, stop tracking what is generated, or list `workspace.scratch` without the folder",
    place: `${file}:1:1` as RuleReference,
  };
}
