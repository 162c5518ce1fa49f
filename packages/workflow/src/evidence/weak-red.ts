import type { ContentPair, LineCoverage, TreeChange } from "@phasegate/wire";
import { changedLines } from "./changed-lines.ts";
import { workingLines } from "./code-lines.ts";

/** Whether tests executed a line that changed since the base; `unknown` where coverage or texts do not tell. */
export type Execution = "executed" | "not_executed" | "unknown";

export interface ChangedSource {
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  isTestFile(path: string): boolean;
}

/** Judges on the coverage of the whole run: it can tell that no test executed a change, not which test did. */
export function executionOfChanges(coverage: LineCoverage | null, source: ChangedSource): Execution {
  if (!coverage) return "unknown";
  const written = source.changes.filter(({ kind, path }) => kind !== "deleted" && !source.isTestFile(path));
  const seen = written.map((change) => executionOf(change, coverage, source.contents));
  if (seen.includes("executed")) return "executed";
  return seen.includes("unknown") ? "unknown" : "not_executed";
}

function executionOf(
  { path, kind }: TreeChange,
  coverage: LineCoverage,
  contents: Readonly<Record<string, ContentPair>>,
): Execution {
  const lines = Object.hasOwn(coverage.files, path) ? coverage.files[path] : undefined;
  if (!lines || lines.covered.length === 0) return "not_executed";
  const texts = Object.hasOwn(contents, path) ? contents[path] : undefined;
  if (!texts || texts.after === null || (texts.before === null && kind !== "added")) return "unknown";
  const changed = changedLines(texts.before ?? "", texts.after);
  const working = workingLines(path, texts.after);
  return lines.covered.some((line) => changed.has(line) && working.has(line)) ? "executed" : "not_executed";
}
