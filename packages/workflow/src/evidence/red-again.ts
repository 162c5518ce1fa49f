import type { EvidenceFacts, RedIdentity, TestRun, TreeDigest } from "@phasegate/wire";
import { canaryProblem } from "./canary.ts";
import { type IndexedRun, indexRun, passingIn, problemOfRun } from "./test-runs.ts";

/** What became of red tests on the trees on which they were red, while they pass on another. */
export interface RedAgainReading {
  /** Do not fail there any more: the hour, chance or the environment decides on them, not the implementation. */
  readonly notRedAgain: readonly string[];
  /** Were recorded without their tree, by a version that did not keep it. */
  readonly withoutTree: readonly string[];
  /** Why nothing can be concluded of some of them; null when all ran. */
  readonly problem: string | null;
}

/**
 * The trees on which red tests are run once more; none where `current` is not green whatever comes of that. What fails
 * there is red for want of the implementation; what passes there was never red.
 */
export function treesToBeRedAgain(reds: readonly RedIdentity[], current: TestRun): readonly TreeDigest[] {
  if (problemOfRun(current) !== null || canaryProblem(current) !== null) return [];
  const run = indexRun(current);
  const mayBeGreen = reds.every(
    ({ identity, file }) =>
      (file === null || run.unloaded(file) === null) && !["failed", "skipped"].includes(run.stateOf(identity)),
  );
  const trees = reds.flatMap(({ tree }) => (tree === undefined ? [] : [tree]));
  return mayBeGreen && trees.length === reds.length ? [...new Set(trees)] : [];
}

/** Reads, of each red test, the run on its own tree. */
export function readRedAgain({ redIdentities: reds = [], redAgain = [] }: EvidenceFacts): RedAgainReading {
  const notRedAgain: string[] = [];
  const withoutTree: string[] = [];
  let problem: string | null = null;
  for (const [tree, ofTree] of Map.groupBy(reds, (red) => red.tree)) {
    if (tree === undefined) {
      withoutTree.push(...ofTree.map(({ identity }) => identity));
      continue;
    }
    const run = redAgain.find((candidate) => candidate.tree === tree);
    const noRun = "they were not run again on the tree on which they were red";
    problem ??= run === undefined ? noRun : problemOfRun(run);
    if (run === undefined || problemOfRun(run) !== null) continue;
    const indexed = indexRun(run);
    notRedAgain.push(...ofTree.filter((red) => !isRed(indexed, red, ofTree)).map(({ identity }) => identity));
  }
  return { notRedAgain, withoutTree, problem: withoutTree.length > 0 ? null : problem };
}

/**
 * Files whose red tests have other names when their tree runs again, as many of which fail: two runs of one tree tell
 * that names are unstable. `null` stands for tests whose format names no file.
 */
export function filesWithUnstableReds({
  redIdentities: reds = [],
  redAgain = [],
}: EvidenceFacts): ReadonlySet<string | null> {
  const tests = reds.filter(({ wholeFile }) => !wholeFile);
  return new Set(
    redAgain.flatMap((run) => {
      const indexed = indexRun(run);
      const ofTree = tests.filter(({ tree }) => tree === run.tree);
      return ofTree
        .filter((red) => indexed.stateOf(red.identity) === "missing" && isRed(indexed, red, ofTree))
        .map(({ file }) => file);
    }),
  );
}

/** True when as many tests of a file pass as were red in it: how its red tests are held where names are unstable. */
export function redsPassByFile(reds: readonly RedIdentity[], run: IndexedRun, file: string | null): boolean {
  return passingIn(run, file) >= testsIn(reds, file);
}

function isRed(run: IndexedRun, { identity, file, wholeFile }: RedIdentity, ofTree: readonly RedIdentity[]): boolean {
  if (file !== null && run.unloaded(file) !== null) return true;
  if (wholeFile) return passingIn(run, file) === 0 && run.count(file, "failed") > 0;
  const state = run.stateOf(identity);
  return state === "failed" || (state === "missing" && run.count(file, "failed") >= testsIn(ofTree, file));
}

function testsIn(reds: readonly RedIdentity[], file: string | null): number {
  return reds.filter((red) => !red.wholeFile && red.file === file).length;
}
