import type { EvidenceFacts, RedIdentity } from "@phasegate/wire";
import { declaresPlatformSkip } from "./declared-skips.ts";
import { rewrittenParts } from "./rewritten-parts.ts";
import { patternOfName } from "./rewritten-tests.ts";
import type { EvidenceSubject } from "./subject.ts";
import { type IndexedRun, indexRun } from "./test-runs.ts";
import { type ChangedTestFile, changedTestFiles, placesOf } from "./unplaced-tests.ts";

/** The skipped tests of red files, told apart by whether the implementation may have to do with it. */
export interface SkippedInRedFiles {
  /**
   * Tests that are skipped now, and of which nothing shows that they were when their file was judged red, or when one was
   * in which they may be, where the report names no file.
   */
  readonly since: readonly string[];
  /**
   * Tests that were skipped on the base and say something else now, or that the file's own frozen text skips on this
   * platform, as they were at RED.
   */
  readonly before: readonly string[];
  /** Tests that were skipped on the base, and that its text leaves as they were. */
  readonly asOnBase: readonly string[];
}

/**
 * Reads the skipped tests of red files. One that was red, or passed before, is never among those of `before`; nor is
 * any of a file in which nothing else runs.
 */
export function readSkippedInRedFiles(
  subject: EvidenceSubject,
  run: IndexedRun,
  { base, reds, passedBefore }: { base: IndexedRun; reds: readonly RedIdentity[]; passedBefore: readonly string[] },
): SkippedInRedFiles {
  const ofFile = Map.groupBy(reds, ({ file }) => file);
  const ran = new Set([...reds.map(({ identity }) => identity), ...passedBefore]);
  const evidence = subject.facts.evidence ?? {};
  const before: string[] = [];
  const asOnBase: string[] = [];
  const since = new Set<string>();
  const files = changedTestFiles(subject);
  // Beside a report that names files a test without one may stand in any that its name does not tell.
  const unplaced = ofFile.get(null) ?? reds;
  const redPlaces = new Set(
    unplaced.flatMap(({ identity, file }) => (file === null ? placesOrAll(identity, files) : [file])),
  );
  const mayBeInRedFile = (identity: string): boolean =>
    placesOrAll(identity, files).some((path) => redPlaces.has(path));
  const isSkippedByPlatform = (identity: string, redsOfRun: readonly RedIdentity[]): boolean =>
    placesOrAll(identity, files).some((path) => declaresPlatformSkip(textOf(subject, path), identity, path)) &&
    wasSkippedAtRed(identity, redsOfRun, evidence);
  for (const identity of run.inState("skipped")) {
    const file = run.fileOf(identity);
    const redsOfFile = file === null ? unplaced : ofFile.get(file);
    if (redsOfFile === undefined || redsOfFile.length === 0) continue;
    if (file === null) {
      if (ran.has(identity) || base.stateOf(identity) === "skipped" || !mayBeInRedFile(identity)) continue;
      if (isSkippedByPlatform(identity, redsOfFile)) before.push(identity);
      else since.add(identity);
      continue;
    }
    const isAloneWithSkipped = run.count(file, "passed") + run.count(file, "flaky") + run.count(file, "failed") === 0;
    const was =
      base.stateOf(identity) === "skipped" ||
      (declaresPlatformSkip(textOf(subject, file), identity, file) &&
        (redsOfFile.every(({ wholeFile }) => wholeFile) || wasSkippedAtRed(identity, redsOfFile, evidence)));
    if (!was || isAloneWithSkipped || ran.has(identity)) since.add(identity);
    else if (base.stateOf(identity) === "skipped" && isUnchanged(subject, file, identity)) asOnBase.push(identity);
    else before.push(identity);
  }
  return { since: [...since], before, asOnBase };
}

/**
 * Whether it is skipped on the tree on which its file was red, without the implementation. Without that run GREEN is
 * refused for another reason, which is the one to be told.
 */
function wasSkippedAtRed(identity: string, reds: readonly RedIdentity[], { redAgain = [] }: EvidenceFacts): boolean {
  const trees = new Set(reds.map(({ tree }) => tree));
  const runs = redAgain.filter(({ tree }) => trees.has(tree));
  if (runs.length === 0) return redAgain.length === 0 && reds.some(({ wholeFile }) => !wholeFile);
  return runs.some((again) => indexRun(again).stateOf(identity) === "skipped");
}

/** Where nothing tells, a test may be in any file that was changed. */
function placesOrAll(identity: string, files: readonly ChangedTestFile[]): readonly string[] {
  const places = placesOf(identity, files);
  return places.length > 0 ? places : files.map(({ path }) => path);
}

/** Whether the text of its file says of this test what that of the base says. */
function isUnchanged({ facts, baseTree }: EvidenceSubject, file: string, identity: string): boolean {
  const { before = null, after = null } = facts.tree?.differences[baseTree]?.contents[file] ?? {};
  if (before === null || after === null) return false;
  const { tests } = rewrittenParts(file, before, after);
  const parts = identity.split(" > ");
  return !tests.some((name) => name.split(" > ").some((part) => parts.some((one) => patternOfName(part).test(one))));
}

function textOf({ facts, baseTree }: EvidenceSubject, file: string): string {
  return facts.tree?.differences[baseTree]?.contents[file]?.after ?? "";
}
