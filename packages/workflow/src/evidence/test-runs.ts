import type { TestCase, TestRun, TestRunStatus, UnloadedTestFile } from "@phasegate/wire";

/** How a test did in one run. `flaky`: both outcomes on one tree. `missing`: the run does not name it. */
export type TestState = "passed" | "failed" | "skipped" | "flaky" | "missing";

/** One run, looked up by test and by file. Of a test that is named twice the worst outcome counts. */
export interface IndexedRun {
  readonly run: TestRun | null;
  readonly identities: ReadonlySet<string>;
  readonly stoppedEarly: boolean;
  stateOf(identity: string): TestState;
  fileOf(identity: string): string | null;
  unloaded(file: string): UnloadedTestFile | null;
  /** Tests of a file by state; `null` is the file of tests whose format names none. */
  count(file: string | null, state: Exclude<TestState, "missing">): number;
  inState(state: Exclude<TestState, "missing">): readonly string[];
}

const severityOf: Readonly<Record<TestState, number>> = { missing: 0, passed: 1, flaky: 2, skipped: 3, failed: 4 };

/** A run without tests: of a base that has none. */
export const emptyRun: IndexedRun = indexCases(null);

/** Runs are looked up by many checks, and hold up to tens of thousands of tests. */
const indexed = new WeakMap<TestRun, IndexedRun>();

export function indexRun(run: TestRun): IndexedRun {
  let index = indexed.get(run);
  if (!index) indexed.set(run, (index = indexCases(run)));
  return index;
}

function indexCases(run: TestRun | null): IndexedRun {
  const flaky = new Set(run?.flaky);
  const states = new Map<string, { readonly file: string | null; readonly state: TestState }>();
  for (const test of run?.cases ?? []) {
    const state = stateOfCase(test, flaky);
    const known = states.get(test.identity);
    if (!known || severityOf[state] > severityOf[known.state]) states.set(test.identity, { file: test.file, state });
  }
  const files = new Map<string | null, Map<TestState, number>>();
  const byState = new Map<TestState, string[]>();
  for (const [identity, { file, state }] of states) {
    const counts = files.get(file) ?? new Map<TestState, number>();
    counts.set(state, (counts.get(state) ?? 0) + 1);
    files.set(file, counts);
    const names = byState.get(state) ?? [];
    names.push(identity);
    byState.set(state, names);
  }
  const unloaded = new Map(run?.unloadedFiles.map((file) => [file.file, file]));
  return {
    run,
    identities: new Set(states.keys()),
    stoppedEarly: run?.stoppedEarly ?? false,
    stateOf: (identity) => states.get(identity)?.state ?? "missing",
    fileOf: (identity) => states.get(identity)?.file ?? null,
    unloaded: (file) => unloaded.get(file) ?? null,
    count: (file, state) => files.get(file)?.get(state) ?? 0,
    inState: (state) => byState.get(state) ?? [],
  };
}

/** Tests of the run that executed, whatever came of it. */
export function executedTests(run: TestRun): number {
  return run.cases.filter(({ outcome }) => outcome === "passed" || outcome === "failed").length;
}

/**
 * Tests of a suite that the run itself does not name. One whose body or hook fails is reported as if it were a test;
 * once it holds, its tests stand in its place.
 */
export function testsOfSuite(run: IndexedRun, identity: string, file: string | null): readonly string[] {
  if (run.identities.has(identity)) return [];
  return [...run.identities].filter((test) => test.startsWith(`${identity} > `) && run.fileOf(test) === file);
}

/** Tests that fail, and files that do not load. */
export function failuresIn(run: TestRun): readonly string[] {
  return [...indexRun(run).inState("failed"), ...run.unloadedFiles.map(({ file }) => file)];
}

/** Why nothing can be concluded from a run; null when its report was read and fits its exit code. */
export function problemOfRun(run: TestRun): string | null {
  if (run.status !== "completed") {
    const ended =
      run.status === "no_report" && run.exitCode !== null ? `, and ended with exit code ${run.exitCode}` : "";
    const message = `${statusMessages[run.status]}${ended}`;
    return run.problem === undefined ? message : `${message}: ${run.problem}`;
  }
  const explained =
    run.exitCode === 0 ||
    run.exitCode === null ||
    run.unloadedFiles.length > 0 ||
    run.flaky.length > 0 ||
    run.cases.some(({ outcome }) => outcome === "failed");
  return explained ? null : `the test run ended with exit code ${run.exitCode}, though its report names no failure`;
}

/** What to do about a run of which nothing can be concluded. */
export function stepAfterRun(run: TestRun): string {
  switch (run.status) {
    case "no_report":
      return (
        "`output` of `run_tests` tells why; tests that do not compile are red with the preset `exit-code`, " +
        "or where the command prints a test for the build: that is for who keeps the workflow"
      );
    case "report_invalid":
      return "`output` of `run_tests` shows what was printed; the command must print one whole report, whatever it runs";
    case "contradiction":
      return run.exitCode === 0
        ? "the command of the tests must end with another code than 0 when a test fails: that is for who keeps the workflow"
        : "`output` of `run_tests` shows what was printed";
    default:
      return "run the tests in the workspace with `run_tests`";
  }
}

/**
 * Files whose test names differ between two runs of one tree, as a run itself saw or as two of these runs show. Their
 * tests are compared by file. `null` stands for the tests whose format names no file.
 */
export function unstableFiles(runs: readonly (TestRun | null | undefined)[]): ReadonlySet<string | null> {
  const made = runs.filter((run) => run !== null && run !== undefined);
  const unstable = new Set<string | null>(made.flatMap((run) => run.unstableFiles ?? []));
  const complete = made.filter((run) => run.status === "completed" && !run.stoppedEarly);
  for (const [index, left] of complete.entries()) {
    for (const right of complete.slice(index + 1)) {
      if (left.tree !== right.tree) continue;
      for (const test of [...missingFrom(left, right), ...missingFrom(right, left)]) unstable.add(test.file);
    }
  }
  return unstable;
}

/**
 * True when tests that passed before are gone while their file has others instead: renamed, or of unstable names. Only
 * another run of the same tree tells which.
 */
export function mayHaveUnstableNames(before: TestRun, after: TestRun): boolean {
  if (after.unstableFiles !== undefined || after.status !== "completed" || after.stoppedEarly) return false;
  const known = new Set(before.cases.map(({ identity }) => identity));
  const filesWithOthers = new Set(after.cases.filter(({ identity }) => !known.has(identity)).map(({ file }) => file));
  return missingFrom(before, after).some(({ outcome, file }) => outcome === "passed" && filesWithOthers.has(file));
}

/** The run, with the files whose test names `again`, another run of the same tree, does not have in common with it. */
export function withUnstableFiles(run: TestRun, again: TestRun): TestRun {
  return { ...run, unstableFiles: [...unstableFiles([run, again])] };
}

/** Tests of a file that passed, also those that failed beside. */
export function passingIn(run: IndexedRun, file: string | null): number {
  return run.count(file, "passed") + run.count(file, "flaky");
}

/** True when nothing of an unstable file was lost or broke: as many tests pass, and no more fail or are skipped. */
export function holdsByFile(before: IndexedRun, after: IndexedRun, file: string | null, removed = 0): boolean {
  return (
    passingIn(after, file) >= passingIn(before, file) - removed &&
    after.count(file, "failed") <= before.count(file, "failed") &&
    after.count(file, "skipped") <= before.count(file, "skipped")
  );
}

function missingFrom(left: TestRun, right: TestRun): readonly TestCase[] {
  const known = new Set(right.cases.map(({ identity }) => identity));
  return left.cases.filter(({ identity }) => !known.has(identity));
}

function stateOfCase({ identity, outcome }: TestCase, flaky: ReadonlySet<string>): TestState {
  if (outcome === "skipped" || outcome === "todo") return "skipped";
  return flaky.has(identity) ? "flaky" : outcome;
}

const statusMessages: Readonly<Record<Exclude<TestRunStatus, "completed">, string>> = {
  timed_out: "the test run did not end in time",
  over_limit: "the test run was ended for using more than it may",
  no_report: "the test run wrote no report",
  report_invalid: "the report of the test run cannot be read",
  contradiction: "the report of the test run and its exit code contradict each other",
  setup_failed: "the setup before the test run failed",
  prepare_failed: "the preparation before the test run failed",
};
