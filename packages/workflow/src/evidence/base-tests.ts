import type { Facts, TestRun, UnloadedTestFile } from "@phasegate/wire";
import type { CompiledWorkflow } from "../model/compiled.ts";
import { noFailuresNow } from "./green.ts";
import { asksForRed, baseTestPaths } from "./needed.ts";
import { removedTests } from "./removed-tests.ts";
import { baseRun, changesFromBase, type EvidenceSubject, gathered, type Gathered } from "./subject.ts";
import { holdsByFile, type IndexedRun, indexRun, passingIn, problemOfRun, unstableFiles } from "./test-runs.ts";

/** A test that fails, and what it says. */
interface Failure {
  readonly identity: string;
  readonly message: string;
}

/** What tests that passed on the base say of the judged product, as the base has them. Empty lists are good. */
export interface BaseTestsReading {
  readonly run: TestRun;
  /** Why nothing can be concluded from the run; null where its report was read. Then nothing is known of any test. */
  readonly problem: string | null;
  /** All of the following, by name (a new file that does not load by its path), but those of `worseFiles`. */
  readonly open: readonly string[];
  /** Files of these that do not load. */
  readonly unloaded: readonly UnloadedTestFile[];
  readonly failing: readonly Failure[];
  /** Fail, and neither passed nor failed on the base: a suite whose hook fails, a file as such. */
  readonly newlyFailing: readonly Failure[];
  readonly skipped: readonly string[];
  /** Are in files that load, and not in the report. */
  readonly notRun: readonly string[];
  /** Of tests with other names in each run: files in which fewer pass. */
  readonly worseFiles: readonly string[];
  /** Test files of the base that this task changed, where one of `open` stands in them. */
  readonly changedFiles: readonly string[];
  /**
   * Of `open`, those that a task gives up which changes what they ask for. Where one file keeps the others from being known,
   * it is one that this task changed: the others are then run without it.
   */
  readonly toGiveUp: readonly string[];
  /** Would be `open`, and are given up in the artifact `removed_tests`. */
  readonly givenUp: readonly string[];
  /** Test files of the base that do not load here: one entry of that artifact gives up all of one. */
  readonly unloadedFiles: ReadonlySet<string>;
  /** Would be `open`; as this task has them they were red and pass, which says that it changes what they ask for. */
  readonly changedRed: readonly string[];
  /** Whether a test in a file that this task left alone passes beside what the task put among the tests, and not without. */
  needsTask(this: void, identity: string): boolean;
  /** Both outcomes on this tree, in this run or before it in this task, and none on the base. */
  readonly flaky: readonly string[];
}

/**
 * Reads the run of the tests of the base on the judged product. Whatever this task wrote among the tests takes no part
 * in it, so that no text has to be understood. What did not pass on the base says nothing. Where nothing can be concluded
 * from the run, every test that passed on the base is open.
 */
export function readBaseTests(subject: EvidenceSubject): Gathered<BaseTestsReading | null> {
  const facts = gathered(subject);
  if (!facts.ok) return facts;
  const base = baseRun(subject);
  if (!base.ok) return base;
  const passed = [...base.value.inState("passed"), ...base.value.inState("flaky")];
  if (passed.length === 0) return { ok: true, value: null };
  const { baseTests, baseTestsLeftOut = [], baseTestsFailedEarlier = [] } = facts.value.evidence;
  if (!baseTests) return { ok: false, problem: "the tests of the base were not run on this product" };
  const problem = problemOfBaseTests(baseTests);
  const run = indexRun(withLeftOut(baseTests, problem === null, baseTestsLeftOut));
  const changes = changesFromBase(subject);
  const unloadedFiles = new Set((run.run?.unloadedFiles ?? []).map(({ file }) => file));
  const isGivenUp = removedTests(subject.facts, unloadedFiles);
  const unstable = problem === null ? unstableFiles([facts.value.evidence.base, baseTests]) : new Set<string | null>();
  const passes = (identity: string): boolean => ["passed", "flaky"].includes(run.stateOf(identity));
  const isHeldByFile = (identity: string): boolean =>
    run.stateOf(identity) === "missing" && unstable.has(base.value.fileOf(identity));
  const lost = passed.filter((identity) => !passes(identity) && !isHeldByFile(identity));
  const identities = [...lost, ...newFailures(base.value, run, { passed: new Set(passed), lost, unstable })];
  const givenUp = identities.filter((identity) => isGivenUp(identity, base.value.fileOf(identity)));
  const isChangedRed = problem === null ? wasRedAndPasses(subject, base.value) : () => false;
  const changedRed = identities.filter((identity) => !givenUp.includes(identity) && isChangedRed(identity));
  const open = [...new Set(identities).difference(new Set([...givenUp, ...changedRed]))];
  const isUnknown = problem !== null || baseTests.stoppedEarly;
  const filesOf = (tests: readonly string[]): readonly string[] => [
    ...new Set(tests.map((identity) => base.value.fileOf(identity)).filter((file) => file !== null)),
  ];
  const lostIn = (file: string | null): number => identities.filter((one) => base.value.fileOf(one) === file).length;
  const passedIn = (file: string | null): number => passed.filter((one) => base.value.fileOf(one) === file).length;
  // A run that counts although its exit code says otherwise has failed as a whole by no test's name.
  const earlier =
    problemOfRun(baseTests) === null
      ? baseTestsFailedEarlier
      : baseTestsFailedEarlier.filter((name) => base.value.identities.has(name));
  const flaky = new Set([...run.inState("flaky"), ...noFailuresNow(run, earlier)]);
  const changedFiles = changes.ok ? filesOf(open).filter((file) => changes.value.has(file)) : [];
  const inChanged = open.filter((identity) => changedFiles.includes(base.value.fileOf(identity) ?? ""));
  return {
    ok: true,
    value: {
      run: baseTests,
      problem,
      open,
      ...outcomes(open, base.value, run),
      changedFiles,
      toGiveUp: isUnknown && inChanged.length > 0 ? inChanged : open,
      worseFiles: [...unstable]
        .filter((file) => passingIn(run, file) + lostIn(file) < passedIn(file))
        .map((file) => file ?? "tests without a file"),
      givenUp,
      unloadedFiles,
      changedRed,
      needsTask: isUnknown ? () => false : passesBeside(subject, base.value),
      flaky: problem === null ? [...flaky].filter((identity) => base.value.stateOf(identity) !== "flaky") : [],
    },
  };
}

/**
 * What is laid over the judged tree for the tests of the base, and what is taken from it. Where tests ran in files called like
 * tests, these are tests, whoever may write them: those of the base are as it has them, and new ones take no part. Where no
 * phase is one of tests and the report names no files, so is all that is called like tests.
 */
export function treeOfBaseTests(
  workflow: Pick<CompiledWorkflow, "isTestFile" | "phases">,
  { base, current }: { readonly base: TestRun; readonly current: TestRun | undefined },
): { include(this: void, path: string): boolean; readonly without: ReadonlySet<string> } {
  const isOfTests = baseTestPaths(workflow);
  const filesOf = ({ cases }: Pick<TestRun, "cases">): readonly string[] =>
    cases.flatMap(({ file }) => (file !== null && workflow.isTestFile(file) ? [file] : []));
  const known = new Set(filesOf(base));
  // Where no phase is one of tests, and no report says where they ran, what is called like tests is all that can be known.
  const isByName = ![...workflow.phases.values()].some(asksForRed) && base.cases.every(({ file }) => file === null);
  const include = (path: string): boolean =>
    isOfTests(path) || known.has(path) || (isByName && workflow.isTestFile(path));
  return { include, without: new Set(filesOf(current ?? { cases: [] }).filter((file) => !include(file))) };
}

/**
 * Files of the base of which the artifact `removed_tests` gives up every test that passed, where nothing is known of other
 * tests since one of them hung, did not build or the like: without these the run may tell of the rest.
 */
export function filesToRunWithout(
  facts: Pick<Facts, "artifacts">,
  { base, baseTests }: { readonly base: TestRun; readonly baseTests: TestRun },
): ReadonlySet<string> {
  if (problemOfBaseTests(baseTests) === null && !baseTests.stoppedEarly) return new Set();
  const isGivenUp = removedTests(facts);
  const tests = indexRun(base);
  const passed = [...tests.inState("passed"), ...tests.inState("flaky")];
  const files = Map.groupBy(passed, (identity) => tests.fileOf(identity));
  return new Set(
    [...files].flatMap(([file, identities]) =>
      file !== null && identities.every((identity) => isGivenUp(identity, file)) ? [file] : [],
    ),
  );
}

/**
 * Test files of the base that do not load on the judged product while tests of other files did not run, as where one that
 * does not compile stops all: without these the run may tell of the rest, and they stay as they are.
 */
export function filesThatStopOthers(
  { base, baseTests }: { readonly base: TestRun; readonly baseTests: TestRun },
  include: (path: string) => boolean,
): readonly UnloadedTestFile[] {
  if (problemOfBaseTests(baseTests) !== null) return [];
  const [tests, run] = [indexRun(base), indexRun(baseTests)];
  const passed = [...tests.inState("passed"), ...tests.inState("flaky")];
  const files = new Set(passed.map((identity) => tests.fileOf(identity)));
  const isStopped = (identity: string): boolean => {
    const file = tests.fileOf(identity);
    return run.stateOf(identity) === "missing" && (file === null || run.unloaded(file) === null);
  };
  if (!passed.some(isStopped)) return [];
  return baseTests.unloadedFiles.filter(({ file }) => files.has(file) && include(file));
}

/** The run, as if those that it was made without had not loaded in it; without what it tells where it cannot be taken. */
function withLeftOut(run: TestRun, isTold: boolean, leftOut: readonly UnloadedTestFile[]): TestRun {
  if (!isTold) return { ...run, cases: [], unloadedFiles: [...leftOut], flaky: [] };
  return leftOut.length === 0 ? run : { ...run, unloadedFiles: [...leftOut, ...run.unloadedFiles] };
}

/** What runners print that end with an error because tests cover too little of the product. */
const tooLittleCovered =
  /coverage for \w+ \([\d.]+%\) does not meet|coverage threshold for \w+ \([\d.]+%\) not met|\w+ coverage does not meet threshold|required test coverage of [\d.]+% not reached|coverage failure: total of [\d.]+ is less than/i;

/** As `problemOfRun`; but what a task adds, the tests of the base need not cover, and an error for that alone is none. */
function problemOfBaseTests(run: TestRun): string | null {
  const isForCoverage = (run.status === "contradiction" || run.status === "completed") && run.exitCode !== 0;
  const hasFailures = run.unloadedFiles.length > 0 || run.cases.some(({ outcome }) => outcome === "failed");
  if (isForCoverage && !hasFailures && run.cases.length > 0 && tooLittleCovered.test(run.output)) return null;
  return problemOfRun(run);
}

/** A test alone, of a file that the task changed. A file that did not load says nothing of what its tests ask for. */
function wasRedAndPasses(subject: EvidenceSubject, base: IndexedRun): (identity: string) => boolean {
  const changes = changesFromBase(subject);
  const { current, redIdentities = [] } = subject.facts.evidence ?? {};
  if (!changes.ok || current === undefined || problemOfRun(current) !== null) return () => false;
  const reds = new Set(redIdentities.flatMap(({ identity, wholeFile }) => (wholeFile ? [] : [identity])));
  const now = indexRun(current);
  return (identity) => {
    const file = base.fileOf(identity);
    const isChanged = file !== null && changes.value.has(file);
    return isChanged && reds.has(identity) && now.stateOf(identity) === "passed";
  };
}

function passesBeside(subject: EvidenceSubject, base: IndexedRun): (identity: string) => boolean {
  const changes = changesFromBase(subject);
  const { current } = subject.facts.evidence ?? {};
  if (!changes.ok || current === undefined || problemOfRun(current) !== null) return () => false;
  const now = indexRun(current);
  return (identity) => {
    const file = base.fileOf(identity);
    return file !== null && !changes.value.has(file) && now.stateOf(identity) === "passed";
  };
}

/** Failures that the base has not, of what is no test that passed there; a file as such also where its tests pass. */
function newFailures(
  base: IndexedRun,
  run: IndexedRun,
  {
    passed,
    lost,
    unstable,
  }: {
    readonly passed: ReadonlySet<string>;
    readonly lost: readonly string[];
    readonly unstable: ReadonlySet<string | null>;
  },
): readonly string[] {
  const isNew = (identity: string): boolean => {
    const file = run.fileOf(identity);
    if (passed.has(identity) || base.stateOf(identity) === "failed") return false;
    if (file !== null && base.unloaded(file) !== null) return false;
    return !(unstable.has(file) && holdsByFile(base, run, file));
  };
  const known = new Set(lost.map((identity) => base.fileOf(identity)));
  const unloaded = (run.run?.unloadedFiles ?? []).map(({ file }) => file);
  return [
    ...run.inState("failed").filter(isNew),
    ...unloaded.filter((file) => base.unloaded(file) === null && !known.has(file)),
  ];
}

/** What became of tests that passed on the base and do not pass here. */
function outcomes(open: readonly string[], base: IndexedRun, run: IndexedRun) {
  const unloadedOf = (identity: string): UnloadedTestFile | null => {
    const file = base.fileOf(identity);
    return file === null ? run.unloaded(identity) : run.unloaded(file);
  };
  const inState = (state: "failed" | "skipped" | "missing"): readonly string[] =>
    open.filter((identity) => unloadedOf(identity) === null && run.stateOf(identity) === state);
  const messages = new Map(run.run?.cases.map(({ identity, message }) => [identity, message]));
  const failures = inState("failed").map((identity) => ({ identity, message: messages.get(identity) ?? "" }));
  const isKnown = ({ identity }: Failure): boolean => base.stateOf(identity) !== "missing";
  return {
    unloaded: [...new Set(open.map(unloadedOf).filter((file) => file !== null))],
    failing: failures.filter(isKnown),
    newlyFailing: failures.filter((failure) => !isKnown(failure)),
    skipped: inState("skipped"),
    notRun: inState("missing"),
  };
}
