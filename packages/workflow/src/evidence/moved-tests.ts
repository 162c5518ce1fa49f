import type { ContentPair, TestRun, TreeChange } from "@phasegate/wire";
import { extensionOf, isCode } from "./code-lines.ts";
import { type IndexedRun, indexRun } from "./test-runs.ts";
import { placesOf, stemOf } from "./unplaced-tests.ts";

/** A test file that is byte for byte at another path. */
export interface MovedTestFile {
  readonly from: string;
  readonly to: string;
  /** Its tests are called as they were: none of them has to be given up. */
  readonly isNamedAlike: boolean;
}

/** Of files of the base that are gone, where they lie now, byte for byte, and may be used as they were. */
export function movedPlaces(changes: Iterable<TreeChange>): ReadonlyMap<string, readonly string[]> {
  const all = [...changes];
  const keyOf = (path: string, entry: TreeChange["after"]): string =>
    JSON.stringify([extensionOf(path), entry?.type, entry?.content, entry?.permissions]);
  const added = Map.groupBy(
    all.filter(({ kind }) => kind === "added"),
    ({ path, after }) => keyOf(path, after),
  );
  const gone = all.filter(({ kind }) => kind === "deleted");
  return new Map(
    gone.map(({ path, before }) => [path, (added.get(keyOf(path, before)) ?? []).map((other) => other.path)]),
  );
}

/**
 * Test files of the base that moved as they were, and whose tests pass as they did, as far as a report without files tells:
 * at least one that passed is in its text by name, and none of those fails to pass now.
 */
export function movedTestFiles(
  changes: Iterable<TreeChange>,
  texts: Readonly<Record<string, ContentPair>>,
  {
    base,
    run,
    isTestFile,
  }: { readonly base: TestRun; readonly run: TestRun; readonly isTestFile: (path: string) => boolean },
): readonly MovedTestFile[] {
  const [old, now] = [indexRun(base), indexRun(run)];
  const taken = new Set<string>();
  return [...movedPlaces(changes)].flatMap(([path, places]) => {
    if (!isTestFile(path) || !isCode(path)) return [];
    const to = places.find((place) => isTestFile(place) && !taken.has(place));
    const text = texts[path]?.before ?? null;
    const held = to === undefined || text === null ? null : heldTests(old, now, { path, text, to });
    if (to === undefined || held === null) return [];
    taken.add(to);
    return [{ from: path, to, isNamedAlike: held === "by_name" }];
  });
}

interface Moved {
  readonly path: string;
  readonly text: string;
  readonly to: string;
}

/**
 * Whether all tests of a file that passed do so still, by their own names, or by those that they have after the new name of
 * their file; null where none is known, or one does not.
 */
function heldTests(old: IndexedRun, now: IndexedRun, { path, text, to }: Moved): "by_name" | "by_file" | null {
  const passes = (run: IndexedRun, identity: string): boolean => /^(?:passed|flaky)$/.test(run.stateOf(identity));
  const named = [...old.identities].filter(
    (identity) => passes(old, identity) && placesOf(identity, [{ path, text }]).length > 0,
  );
  if (named.length === 0) return null;
  if (named.every((identity) => passes(now, identity))) return "by_name";
  const renamed = (identity: string): readonly string[] => [
    identity.replaceAll(path, () => to),
    identity.replaceAll(stemOf(path), () => stemOf(to)),
  ];
  return named.every((identity) => [identity, ...renamed(identity)].some((one) => passes(now, one))) ? "by_file" : null;
}
