import type { RedIdentity, TestRun, TreeChange, UnloadedTestFile } from "@phasegate/wire";
import { filesWithUnstableReds, readRedAgain, type RedAgainReading, redsPassByFile } from "./red-again.ts";
import { removedTests } from "./removed-tests.ts";
import { readSkippedInRedFiles } from "./skipped-in-red-files.ts";
import { baseRun, changesFromBase, contentOf, currentRun, type EvidenceSubject, type Gathered } from "./subject.ts";
import {
  holdsByFile,
  type IndexedRun,
  indexRun,
  passingIn,
  testsOfSuite,
  type TestState,
  unstableFiles,
} from "./test-runs.ts";
import { type TestElsewhere, testsElsewhere } from "./tests-elsewhere.ts";

/** What the run on the current tree says, held against RED, the base and what passed earlier. Empty lists are good. */
export interface GreenReading {
  readonly run: TestRun;
  readonly changes: ReadonlyMap<string, TreeChange>;
  /** Files that differ from what they were when their tests were red. */
  readonly changedRedFiles: readonly string[];
  /** Red files that do not load, or hold no test, and tests of such files that are skipped. */
  readonly unloadedRedFiles: readonly string[];
  readonly emptyRedFiles: readonly string[];
  readonly skippedInRedFiles: readonly string[];
  /** Tests of red files that the base skipped and that changed, or their own text for the platform: no objection, and told. */
  readonly skippedSinceRed: readonly string[];
  /** Tests of red files that the base skipped just so. */
  readonly skippedAsOnBase: readonly string[];
  /** Red identities that do not pass. */
  readonly stillRed: readonly string[];
  readonly redAgain: RedAgainReading;
  /** Red tests, and tests that passed before, which are not in this run by name: others of their files stand for them. */
  readonly heldByFile: readonly string[];
  /** Passed on the base or earlier in this task, and are gone, as far as the run tells. */
  readonly missing: readonly string[];
  /** Passed so, and are not in this run, since it stopped early or their file does not load: nothing is known of them. */
  readonly notRun: readonly string[];
  readonly skipped: readonly string[];
  readonly failing: readonly string[];
  /** Fail, and neither passed nor failed on the base. */
  readonly newlyFailing: readonly string[];
  readonly newlyUnloaded: readonly UnloadedTestFile[];
  /** Unstable files in which fewer tests pass, or more fail or are skipped, than on the base. */
  readonly worseFiles: readonly string[];
  /** Red tests whose format names no file: that their files are unchanged has to be shown otherwise. */
  readonly redWithoutFile: boolean;
  /** Failed on the base and fail still: may do so. */
  readonly failedOnBase: readonly string[];
  /** Gone, and given up in `removed_tests`. */
  readonly removed: readonly string[];
  /** Passed on the base, and pass now in another file or suite: held there, or of `missing` or given up. */
  readonly moved: readonly TestElsewhere[];
  /** Both outcomes on this tree, in this run or before it in this task, and not an unchanged test that was flaky on the base. */
  readonly flaky: readonly string[];
  /** Runs with failures that this one was not compared with. */
  readonly failuresForgotten: number;
  /** Files that did not load at RED. */
  readonly wholeFileReds: readonly string[];
}

/** Reads GREEN, or says why there is nothing to read. */
export function readGreen(subject: EvidenceSubject): Gathered<GreenReading> {
  const current = currentRun(subject);
  if (!current.ok) return current;
  const base = baseRun(subject);
  if (!base.ok) return base;
  const changes = changesFromBase(subject);
  if (!changes.ok) return changes;
  const evidence = subject.facts.evidence ?? {};
  const reds = evidence.redIdentities ?? [];
  const run = indexRun(current.value);
  const unstable = new Set([...unstableFiles([evidence.base, current.value]), ...filesWithUnstableReds(evidence)]);
  const removed = removedTests(subject.facts);
  const redTests = new Map(reds.filter(({ wholeFile }) => !wholeFile).map((red) => [red.identity, red]));
  const passedOnBase = [...base.value.inState("passed"), ...base.value.inState("flaky")];
  const passedBefore = [...new Set([...passedOnBase, ...(evidence.passedEarlier ?? [])])].filter(
    (identity) => !redTests.has(identity),
  );
  const isUnstable = (identity: string): boolean =>
    unstable.has(
      base.value.identities.has(identity) ? base.value.fileOf(identity) : (fileInIdentity(identity, unstable) ?? ""),
    );
  const isOfChangedFile = (identity: string): boolean => {
    const file = base.value.fileOf(identity);
    return file === null || changes.value.has(file);
  };
  const before = (state: TestState): readonly string[] =>
    passedBefore.filter((identity) => run.stateOf(identity) === state);
  const isGone = (identity: string): boolean => removed(identity, base.value.fileOf(identity));
  const isUnknown = (identity: string): boolean => {
    const file = base.value.fileOf(identity);
    const isUnloaded = file !== null && run.unloaded(file) !== null && base.value.unloaded(file) === null;
    return current.value.stoppedEarly || isUnloaded;
  };
  const elsewhere = testsElsewhere(subject, base.value, run);
  const moved = before("missing").flatMap((identity) => elsewhere.get(identity) ?? []);
  const isHeld = (identity: string): boolean => elsewhere.get(identity)?.isHeld === true;
  const lost = before("missing").filter((identity) => !isGone(identity) && !isUnstable(identity) && !isHeld(identity));
  const skippedInReds = readSkippedInRedFiles(subject, run, { base: base.value, reds, passedBefore });
  return {
    ok: true,
    value: {
      run: current.value,
      changes: changes.value,
      ...readRedFiles(subject, reds, run),
      skippedInRedFiles: skippedInReds.since,
      skippedSinceRed: skippedInReds.before,
      skippedAsOnBase: skippedInReds.asOnBase,
      stillRed: stillRed(reds, run, unstable),
      heldByFile: [
        ...reds.filter((red) => isHeldByFile(red, { reds, run, unstable })).map(({ identity }) => identity),
        ...before("missing").filter(
          (identity) => !isGone(identity) && isUnstable(identity) && isOfChangedFile(identity),
        ),
      ],
      redAgain: readRedAgain(evidence),
      missing: lost.filter((identity) => !isUnknown(identity)),
      notRun: lost.filter(isUnknown),
      skipped: before("skipped").filter((identity) => !isUnstable(identity)),
      failing: before("failed"),
      ...readFailures(run, { base: base.value, reds, passedBefore, unstable }),
      worseFiles: worseFiles(base.value, run, { unstable, isGone }),
      removed: before("missing").filter((identity) => isGone(identity) && !elsewhere.has(identity)),
      moved,
      failuresForgotten: evidence.failuresForgotten ?? 0,
      flaky: [...new Set([...run.inState("flaky"), ...noFailuresNow(run, evidence.failedEarlier ?? [])])].filter(
        (identity) => !isExcused(identity, { run, base: base.value, changes: changes.value }),
      ),
    },
  };
}

function readRedFiles(subject: EvidenceSubject, reds: readonly RedIdentity[], run: IndexedRun) {
  // Of a file that was red more than once, the last content stands: its tests were red in that form.
  const contents = new Map(reds.flatMap(({ file, content }) => (file === null ? [] : [[file, content] as const])));
  const files = [...contents.keys()];
  const count = (file: string): number =>
    run.count(file, "passed") + run.count(file, "failed") + run.count(file, "flaky") + run.count(file, "skipped");
  return {
    changedRedFiles: files.filter((file) => {
      const content = contents.get(file);
      return content === null || content === undefined || contentOf(subject, file) !== content;
    }),
    unloadedRedFiles: files.filter((file) => run.unloaded(file) !== null),
    emptyRedFiles: files.filter((file) => run.unloaded(file) === null && count(file) === 0),
    redWithoutFile: reds.some(({ file }) => file === null),
    wholeFileReds: [...new Set(reds.flatMap(({ file, wholeFile }) => (wholeFile && file !== null ? [file] : [])))],
  };
}

/** Red tests that do not pass, and red files of which no test passes; further failures of theirs are new ones. */
function stillRed(
  reds: readonly RedIdentity[],
  run: IndexedRun,
  unstable: ReadonlySet<string | null>,
): readonly string[] {
  const passes = (identity: string): boolean => ["passed", "flaky"].includes(run.stateOf(identity));
  return reds
    .filter(({ identity, file, wholeFile }) => {
      if (wholeFile) return passingIn(run, file) === 0;
      const tests = testsOfSuite(run, identity, file);
      if (tests.length > 0) return !tests.every(passes);
      return !passes(identity) && !isHeldByFile({ identity, file, wholeFile }, { reds, run, unstable });
    })
    .map(({ identity }) => identity);
}

/** A red test of another name in each run, in whose file as many pass as were red. */
function isHeldByFile(
  { identity, file, wholeFile }: Pick<RedIdentity, "identity" | "file" | "wholeFile">,
  held: {
    readonly reds: readonly RedIdentity[];
    readonly run: IndexedRun;
    readonly unstable: ReadonlySet<string | null>;
  },
): boolean {
  const { reds, run, unstable } = held;
  if (wholeFile || run.stateOf(identity) !== "missing" || !unstable.has(file)) return false;
  return testsOfSuite(run, identity, file).length === 0 && redsPassByFile(reds, run, file);
}

interface Failures {
  readonly base: IndexedRun;
  readonly reds: readonly RedIdentity[];
  readonly passedBefore: readonly string[];
  readonly unstable: ReadonlySet<string | null>;
}

/** The failures of the run that nothing else accounts for, told apart from those that the base has too. */
function readFailures(run: IndexedRun, { base, reds, passedBefore, unstable }: Failures) {
  const accounted = new Set([...reds.map(({ identity }) => identity), ...passedBefore]);
  const redFiles = new Set(reds.map(({ file }) => file));
  const others = run.inState("failed").filter((identity) => !accounted.has(identity));
  const failedOnBase = (identity: string): boolean => {
    const file = run.fileOf(identity);
    if (base.stateOf(identity) === "failed") return true;
    if (file !== null && redFiles.has(file)) return false;
    if (file !== null && base.unloaded(file) !== null) return true;
    return unstable.has(file) && holdsByFile(base, run, file);
  };
  const unloaded = run.run?.unloadedFiles ?? [];
  return {
    failedOnBase: [
      ...others.filter(failedOnBase),
      ...unloaded.filter(({ file }) => base.unloaded(file) !== null).map(({ file }) => file),
    ],
    newlyFailing: others.filter((identity) => !failedOnBase(identity)),
    newlyUnloaded: unloaded.filter(({ file }) => base.unloaded(file) === null),
  };
}

function worseFiles(
  base: IndexedRun,
  run: IndexedRun,
  { unstable, isGone }: { unstable: ReadonlySet<string | null>; isGone: (identity: string) => boolean },
): readonly string[] {
  return [...unstable]
    .filter((file) => {
      const gone = [...base.identities].filter((identity) => base.fileOf(identity) === file && isGone(identity));
      return !holdsByFile(base, run, file, gone.length);
    })
    .map((file) => file ?? "tests without a file");
}

/** The unstable file that an identity names, for tests that neither the base nor this run has. */
function fileInIdentity(identity: string, unstable: ReadonlySet<string | null>): string | undefined {
  return identity.split(" > ").find((part) => unstable.has(part));
}

/** Of what failed on this tree before, what does not fail now: both outcomes on one tree, whoever asked for the runs. */
export function noFailuresNow(run: IndexedRun, failedEarlier: readonly string[]): readonly string[] {
  return failedEarlier.filter((name) => run.stateOf(name) !== "failed" && run.unloaded(name) === null);
}

/** Flaky as it was on the base, in a file that nobody changed. */
function isExcused(
  identity: string,
  { run, base, changes }: { run: IndexedRun; base: IndexedRun; changes: ReadonlyMap<string, TreeChange> },
): boolean {
  const file = run.fileOf(identity);
  return base.stateOf(identity) === "flaky" && file !== null && !changes.has(file);
}
