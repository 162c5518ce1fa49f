import { pathsIn } from "./acceptance-criteria.ts";
import { fieldValues, submittedArtifacts } from "./artifact-fields.ts";
import type { CheckInput } from "./definition.ts";

/**
 * Paths that are new or different now, compared with the tree at entry and with every frozen tree: on a later visit of
 * a phase, work of the visit before counts. null when no such comparison was made.
 */
export function changedSinceFrozen(input: CheckInput): readonly string[] | null {
  const differences = [input.entryTree, ...input.freezes.map(({ tree }) => tree)]
    .map((tree) => input.facts.tree?.differences[tree])
    .filter((difference) => difference !== undefined);
  if (differences.length === 0) return null;
  const changes = differences.flatMap((difference) => difference.changes);
  return [...new Set(changes.filter(({ kind }) => kind !== "deleted").map(({ path }) => path))];
}

/** Files that artifacts say were changed. */
export function namedChangedFiles(input: CheckInput): readonly string[] {
  const fields = ["files_changed", "changed_files", "files_modified", "modified_files", "implementation_files"];
  return [...new Set(submittedArtifacts(input).flatMap(({ body }) => fieldValues(body, fields).flatMap(pathsIn)))];
}
