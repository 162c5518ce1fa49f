import type { TestRun } from "@phasegate/wire";
import { noFailuresNow } from "./green.ts";
import { removedTests } from "./removed-tests.ts";
import { baseRun, type EvidenceSubject, gathered, type Gathered } from "./subject.ts";
import { indexRun, passingIn, problemOfRun, stepAfterRun, unstableFiles } from "./test-runs.ts";

/** What tests that passed on the base say of the judged product, as the base has them. Empty lists are good. */
export interface BaseTestsReading {
  readonly run: TestRun;
  /** Fail, are skipped or did not run, by name. */
  readonly open: readonly string[];
  /** Files of these that do not load. */
  readonly unloadedFiles: readonly string[];
  /** Those of them in files that load. */
  readonly lost: readonly string[];
  /** Of tests with other names in each run: files in which fewer pass. */
  readonly worseFiles: readonly string[];
  /** Would be `open`, and are given up in the artifact `removed_tests`. */
  readonly givenUp: readonly string[];
  /** Both outcomes on this tree, in this run or before it in this task, and none on the base. */
  readonly flaky: readonly string[];
}

/**
 * Reads the run of the tests of the base on the judged product. Whatever this task wrote among the tests takes no part
 * in it, so that no text has to be understood. What did not pass on the base says nothing.
 */
export function readBaseTests(subject: EvidenceSubject): Gathered<BaseTestsReading | null> {
  const facts = gathered(subject);
  if (!facts.ok) return facts;
  const base = baseRun(subject);
  if (!base.ok) return base;
  const passed = [...base.value.inState("passed"), ...base.value.inState("flaky")];
  const { baseTests, baseTestsFailedEarlier = [] } = facts.value.evidence;
  if (!baseTests) return { ok: false, problem: "the tests of the base were not run on this product" };
  if (passed.length === 0) return { ok: true, value: null };
  const problem = problemOfRun(baseTests);
  if (problem !== null) {
    return { ok: false, problem: `the tests of the base on this product: ${problem}`, hint: stepAfterRun(baseTests) };
  }
  const run = indexRun(baseTests);
  const isGivenUp = removedTests(subject.facts);
  const unstable = unstableFiles([facts.value.evidence.base, baseTests]);
  const passes = (identity: string): boolean => ["passed", "flaky"].includes(run.stateOf(identity));
  const isHeldByFile = (identity: string): boolean =>
    run.stateOf(identity) === "missing" && unstable.has(base.value.fileOf(identity));
  const identities = passed.filter((identity) => !passes(identity) && !isHeldByFile(identity));
  const givenUp = identities.filter((identity) => isGivenUp(identity, base.value.fileOf(identity)));
  const open = [...new Set(identities).difference(new Set(givenUp))];
  const isUnloaded = (identity: string): boolean => {
    const file = base.value.fileOf(identity);
    return file !== null && run.unloaded(file) !== null;
  };
  const lostIn = (file: string | null): number => identities.filter((one) => base.value.fileOf(one) === file).length;
  const passedIn = (file: string | null): number => passed.filter((one) => base.value.fileOf(one) === file).length;
  const flaky = new Set([...run.inState("flaky"), ...noFailuresNow(run, baseTestsFailedEarlier)]);
  return {
    ok: true,
    value: {
      run: baseTests,
      unloadedFiles: [...new Set(open.filter(isUnloaded).map((identity) => base.value.fileOf(identity) ?? ""))],
      lost: open.filter((identity) => !isUnloaded(identity)),
      worseFiles: [...unstable]
        .filter((file) => passingIn(run, file) + lostIn(file) < passedIn(file))
        .map((file) => file ?? "tests without a file"),
      open,
      givenUp,
      flaky: [...flaky].filter((identity) => base.value.stateOf(identity) !== "flaky"),
    },
  };
}
