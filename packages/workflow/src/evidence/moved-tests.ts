import type { ContentPair, TestRun, TreeChange } from "@phasegate/wire";
import { extensionOf, isCode } from "./code-lines.ts";
import { type IndexedRun, indexRun } from "./test-runs.ts";
import { placesOf } from "./unplaced-tests.ts";

/** A test file that is byte for byte at another path. */
export interface MovedTestFile {
  readonly from: string;
  readonly to: string;
}

/**
 * Test files of the base that moved as they were, and whose tests pass as they did, as far as a report without files tells:
 * at least one that passed is in its text by name, and none of those fails to pass now.
 */
export function movedTestFiles(
  changes: Iterable<TreeChange>,
  texts: Readonly<Record<string, ContentPair>>,
  { base, run, isTestFile }: { readonly base: TestRun; readonly run: TestRun; isTestFile(path: string): boolean },
): readonly MovedTestFile[] {
  const all = [...changes];
  const [old, now] = [indexRun(base), indexRun(run)];
  const free = new Set(all.filter(({ kind, path }) => kind === "added" && isTestFile(path)));
  return all.flatMap(({ kind, path, before }) => {
    if (kind !== "deleted" || before === null || !isTestFile(path) || !isCode(path)) return [];
    const isPlace = (other: TreeChange): boolean =>
      other.after?.type === before.type &&
      other.after.content === before.content &&
      other.after.permissions === before.permissions &&
      extensionOf(other.path) === extensionOf(path);
    const place = [...free].find(isPlace);
    const text = texts[path]?.before ?? null;
    if (place === undefined || text === null || !holdsTests(old, now, { path, text })) return [];
    free.delete(place);
    return [{ from: path, to: place.path }];
  });
}

function holdsTests(old: IndexedRun, now: IndexedRun, file: { readonly path: string; readonly text: string }): boolean {
  const passes = (run: IndexedRun, identity: string): boolean => /^(?:passed|flaky)$/.test(run.stateOf(identity));
  const named = [...old.identities].filter(
    (identity) => passes(old, identity) && placesOf(identity, [file]).length > 0,
  );
  return named.length > 0 && named.every((identity) => passes(now, identity));
}
