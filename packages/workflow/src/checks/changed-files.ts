import type { TreeChange } from "@phasegate/wire";
import { pathsIn } from "./acceptance-criteria.ts";
import { fieldValues, submittedArtifacts } from "./artifact-fields.ts";
import type { CheckInput } from "./definition.ts";

/** What the task has changed since its base, whichever phase did it; null when that comparison was not made. */
export function changedSinceBase(input: CheckInput): readonly TreeChange[] | null {
  return input.facts.tree?.differences[input.baseTree]?.changes ?? null;
}

/** Files that artifacts say were changed. */
export function namedChangedFiles(input: CheckInput): readonly string[] {
  const fields = ["files_changed", "changed_files", "files_modified", "modified_files", "implementation_files"];
  return [...new Set(submittedArtifacts(input).flatMap(({ body }) => fieldValues(body, fields).flatMap(pathsIn)))];
}
