import type { RedIdentity, TestCase, TestRun, UnloadedTestFile } from "@phasegate/wire";
import { isCode } from "./code-lines.ts";
import { linesThatSkip } from "./declared-skips.ts";
import { movedPlaces } from "./moved-tests.ts";
import { baseRun, changesFromBase, contentOf, type EvidenceSubject, type Gathered, gathered } from "./subject.ts";
import {
  holdsByFile,
  type IndexedRun,
  indexRun,
  passingIn,
  problemOfRun,
  stepAfterRun,
  unstableFiles,
} from "./test-runs.ts";
import { testsElsewhere } from "./tests-elsewhere.ts";
import { type ChangedTestFile, changedTestFiles, placesOf } from "./unplaced-tests.ts";
import { isUntouchedFile, isUntouchedTest } from "./untouched-tests.ts";

/** What the run on the base, overlaid with what the phase may write, says. */
export interface RedReading {
  readonly run: TestRun;
  /** Failing tests and files that do not load, in new or changed test files. */
  readonly red: readonly RedIdentity[];
  /** Of the red files that do not load, those of which the format cannot tell where the cause lies. */
  readonly unclassified: readonly UnloadedTestFile[];
  /** Do not count: the cause lies in the test file itself. */
  readonly inTest: readonly UnloadedTestFile[];
  /** Do not count: both outcomes on one tree. */
  readonly flaky: readonly string[];
  /** Do not count: are expected to fail, and do not. */
  readonly expectedToFail: readonly string[];
  /** Do not count: failing tests in files that are no test files, or that this task did not change. */
  readonly elsewhere: readonly string[];
  /** Passed on the base, are in an unchanged file, and do not pass here. */
  readonly broken: readonly string[];
  /**
   * In new and changed test files: tests that are skipped here and were not on the base, and the lines of files that do
   * not load which leave tests out. Nobody can let them run once the files are frozen.
   */
  readonly skipped: readonly string[];
  /** Test files of the base that this phase changed or deleted, and of which nothing is red. */
  readonly rewritten: readonly RewrittenFile[];
  /** New and changed files of this phase. */
  readonly written: readonly string[];
}

/** How many tests of a file pass on the base, and how many with the changes of the phase. */
export interface RewrittenFile {
  readonly file: string;
  /** Null where no test names its file. */
  readonly before: number | null;
  /** Null there, too, and where the run stopped before any test of the file. */
  readonly after: number | null;
}

export interface RedSubject extends EvidenceSubject {
  /** The paths that lie over the base: what the phase may write. */
  mayWrite(path: string): boolean;
}

/** Reads RED, or says why there is nothing to read. */
export function readRed(subject: RedSubject): Gathered<RedReading> {
  const facts = gathered(subject);
  if (!facts.ok) return facts;
  const run = facts.value.evidence.red;
  if (!run) return { ok: false, problem: "the tests were not run on the base with the changes of this phase" };
  const problem = problemOfRun(run);
  if (problem !== null) return { ok: false, problem, hint: stepAfterRun(run) };
  const base = baseRun(subject);
  if (!base.ok) return base;
  const changes = changesFromBase(subject);
  if (!changes.ok) return changes;
  const written = [...changes.value.values()].filter(({ path }) => subject.mayWrite(path));
  const overlay: Overlay = {
    changed: new Set(written.map(({ path }) => path)),
    written: written.filter(({ kind }) => kind !== "deleted").map(({ path }) => path),
    testFiles: new Set(
      written.filter(({ path, kind }) => kind !== "deleted" && subject.isTestFile(path)).map(({ path }) => path),
    ),
    holdsOnlyTests: written.every(({ path }) => subject.isTestFile(path)),
    existing: written.filter(({ kind, path }) => kind !== "added" && subject.isTestFile(path)).map(({ path }) => path),
    moved: movedPlaces(written),
    texts: changedTestFiles(subject).filter(({ path }) => subject.mayWrite(path)),
    isDataOf: (tests) => {
      const files = new Set(tests.flatMap(filesWithTests));
      return (
        written.some(({ path, kind }) => kind !== "deleted" && !isCode(path)) &&
        written.every(({ path }) => subject.isTestFile(path) && (!isCode(path) || files.has(path)))
      );
    },
  };
  return { ok: true, value: read(subject, run, base.value, overlay) };
}

/**
 * What RED fixed, to be kept when the gate passes: a red test with the content that its file had, and all else that this
 * phase wrote, which a red test may read, load or, where the report names no file, stand in. Empty where RED cannot be read.
 */
export function redIdentitiesOf(subject: RedSubject): readonly RedIdentity[] {
  const reading = readRed(subject);
  if (!reading.ok) return [];
  const { written, run } = reading.value;
  if (reading.value.red.length === 0) return [];
  const red = ownReds(subject, reading.value.red);
  const held = new Set(red.map(({ file }) => file));
  const rest = written.filter((file) => !held.has(file));
  const standIns = rest.slice(0, maxStandIns).map((file) => ({
    identity: file,
    file,
    wholeFile: true,
    content: contentOf(subject, file),
    tree: run.tree,
    isStandIn: true as const,
  }));
  return [...red, ...standIns];
}

/** Files beside red tests that are kept with them. */
export const maxStandIns = 1_000;

/**
 * Without what failed on the base just so and only stands in the file of a red test, and files that did not load there and
 * say the same; all, where nothing else is red.
 */
function ownReds(subject: EvidenceSubject, reds: readonly RedIdentity[]): readonly RedIdentity[] {
  const base = baseRun(subject);
  const { contents = {} } = subject.facts.tree?.differences[subject.baseTree] ?? {};
  const own = reds.filter(({ identity, file, wholeFile }) => {
    if (!base.ok) return true;
    const texts = contents[file ?? ""];
    if (wholeFile) return file === null || base.value.unloaded(file) === null || !isUntouchedFile(file, texts);
    const { value } = base;
    if (value.stateOf(identity) !== "failed" || value.fileOf(identity) !== file) return true;
    return !isUntouchedTest(identity, file, texts);
  });
  return own.length === 0 ? reds : own;
}

function filesWithTests(run: IndexedRun): readonly (string | null)[] {
  const unloaded = run.run?.unloadedFiles ?? [];
  return [...[...run.identities].map((identity) => run.fileOf(identity)), ...unloaded.map(({ file }) => file)];
}

/** What this phase laid over the base. */
interface Overlay {
  readonly changed: ReadonlySet<string>;
  /** Those of `changed` that are there. */
  readonly written: readonly string[];
  /** New and changed ones. */
  readonly testFiles: ReadonlySet<string>;
  readonly holdsOnlyTests: boolean;
  /** Test files of the base that were changed or deleted. */
  readonly existing: readonly string[];
  /** Of those, where they lie now as they were. */
  readonly moved: ReadonlyMap<string, readonly string[]>;
  /** Of `testFiles`, what they hold now. */
  readonly texts: readonly ChangedTestFile[];
  /** Nothing but data of tests, and files of tests of their own, was written: who else fails, fails by the data. */
  isDataOf(tests: readonly IndexedRun[]): boolean;
}

function read(subject: EvidenceSubject, run: TestRun, base: IndexedRun, overlay: Overlay): RedReading {
  const red = indexRun(run);
  const failing = red.inState("failed");
  const isByData = overlay.isDataOf([red, base]);
  const flaky = [
    ...red.inState("flaky").filter((identity) => isIn(overlay, red.fileOf(identity))),
    ...failing.filter((identity) => base.stateOf(identity) === "flaky"),
  ];
  const expectedToFail = namesOf(run, ({ outcome, message }) => outcome === "failed" && isUnexpectedPass(message));
  const counted = failing.filter(
    (identity) =>
      !flaky.includes(identity) &&
      !expectedToFail.includes(identity) &&
      counts(identity, { red, base, overlay, isByData }),
  );
  const isCounted = new Set(counted);
  const unloaded = run.unloadedFiles.filter(({ file }) => overlay.testFiles.has(file));
  const wholeFiles = unloaded.filter(({ cause }) => cause !== "in_test");
  const wholeNames = wholeFiles.map(({ file }) => file);
  return {
    run,
    red: [
      ...counted.map((identity) => {
        const file = red.fileOf(identity);
        const content = file === null ? null : contentOf(subject, file);
        return { identity, file, wholeFile: false, content, tree: run.tree };
      }),
      ...wholeFiles.map(({ file }) => ({
        identity: file,
        file,
        wholeFile: true,
        content: contentOf(subject, file),
        tree: run.tree,
      })),
    ],
    unclassified: wholeFiles.filter(({ cause }) => cause === "unclassified"),
    inTest: unloaded.filter(({ cause }) => cause === "in_test"),
    flaky,
    expectedToFail,
    elsewhere: [
      ...failing.filter(
        (identity) => !isCounted.has(identity) && !flaky.includes(identity) && !expectedToFail.includes(identity),
      ),
      ...run.unloadedFiles.filter(({ file }) => !overlay.testFiles.has(file)).map(({ file }) => file),
    ],
    skipped: [
      ...red
        .inState("skipped")
        .filter(
          (identity) =>
            overlay.testFiles.size > 0 && isIn(overlay, red.fileOf(identity)) && base.stateOf(identity) !== "skipped",
        ),
      ...wholeNames.flatMap((file) => {
        const text = subject.facts.tree?.differences[subject.baseTree]?.contents[file]?.after ?? "";
        return linesThatSkip(text).map((line) => `${file}:${String(line)}`);
      }),
    ],
    broken: brokenTests(run, { red, base, overlay, isByData, isCounted }),
    rewritten: rewrittenFiles(overlay, {
      red,
      base,
      reds: [...counted.flatMap((identity) => filesOf(identity, red, overlay)), ...wholeNames],
      elsewhere: [...testsElsewhere(subject, base, red).values()]
        .filter((test) => red.fileOf(test.now) !== base.fileOf(test.identity))
        .map(({ identity }) => identity),
    }),
    written: overlay.written,
  };
}

interface Comparison {
  readonly red: IndexedRun;
  readonly base: IndexedRun;
  readonly overlay: Overlay;
  /** A test of an unchanged file that fails now can only fail by data that the phase wrote. */
  readonly isByData: boolean;
}

/** What node:test, vitest, jest, pytest and unittest say of a test that is expected to fail and does not. */
export function isUnexpectedPass(message: string | null): boolean {
  return /^(?:\[XPASS\(strict\)\]|unexpected success\b|(?:\w*Error: )?(?:test was expected to fail but passed|expect test to fail\b|failing test passed even though))/i.test(
    message ?? "",
  );
}

function namesOf(run: TestRun, isWanted: (test: TestCase) => boolean): readonly string[] {
  return run.cases.filter(isWanted).map(({ identity }) => identity);
}

/**
 * A failing test counts when its file is a new or changed test file, as far as the format tells, or when data that it reads
 * is what the phase changed: rows of its cases, a snapshot, a fixture.
 */
function counts(identity: string, { red, base, overlay, isByData }: Comparison): boolean {
  const file = red.fileOf(identity);
  const passed = base.stateOf(identity) === "passed";
  if (file !== null) return overlay.testFiles.has(file) || (isByData && passed && !overlay.changed.has(file));
  if (overlay.testFiles.size === 0) return false;
  // Without a file: one that is new, or that only changed tests can have broken. New files hold no test of the base, but
  // where one test stands for all of them.
  const mayHold = overlay.existing.length > 0 || red.identities.size === 1;
  return base.stateOf(identity) === "missing" || (overlay.holdsOnlyTests && mayHold);
}

/** A changed test that passes on the base and after tests no more than before, or less: only a reader can tell. */
function rewrittenFiles(
  { existing, testFiles, moved }: Overlay,
  {
    red,
    base,
    reds,
    elsewhere,
  }: { red: IndexedRun; base: IndexedRun; reds: readonly string[]; elsewhere: readonly string[] },
): readonly RewrittenFile[] {
  const files = new Set([...base.identities].map((identity) => base.fileOf(identity)));
  const unplaced = passingIn(base, null);
  const wasRun = (file: string): boolean =>
    !red.stoppedEarly || !testFiles.has(file) || [...red.identities].some((identity) => red.fileOf(identity) === file);
  const passing = (file: string): number => {
    const places = moved.get(file) ?? [];
    const single = places.length > 0 ? [] : elsewhere.filter((identity) => base.fileOf(identity) === file);
    return [file, ...places].reduce((sum, place) => sum + passingIn(red, place), single.length);
  };
  return existing
    .filter((file) => !reds.includes(file) && (files.has(file) ? passingIn(base, file) : unplaced) > 0)
    .map((file) =>
      files.has(file)
        ? { file, before: passingIn(base, file), after: wasRun(file) ? passing(file) : null }
        : { file, before: null, after: null },
    );
}

/** The file of a red test, or those that it may be in by their names and texts. */
function filesOf(identity: string, red: IndexedRun, { texts }: Overlay): readonly string[] {
  const file = red.fileOf(identity);
  return file === null ? placesOf(identity, texts) : [file];
}

function isIn(overlay: Overlay, file: string | null): boolean {
  return file === null || overlay.testFiles.has(file);
}

function brokenTests(
  run: TestRun,
  { red, base, overlay, isCounted }: Comparison & { readonly isCounted: ReadonlySet<string> },
): readonly string[] {
  const unstable = unstableFiles([base.run, run]);
  return [...base.inState("passed"), ...base.inState("flaky")].filter((identity) => {
    const file = base.fileOf(identity);
    const state = red.stateOf(identity);
    if (state === "passed" || state === "flaky" || isCounted.has(identity)) return false;
    if (state === "missing" && red.stoppedEarly) return false;
    if (file === null) return state === "failed";
    if (overlay.changed.has(file)) return false;
    return !(unstable.has(file) && holdsByFile(base, red, file));
  });
}
