import type { TestRun } from "@phasegate/wire";
import { filesWithUnstableReds, redsPassByFile } from "./red-again.ts";
import { removedTests } from "./removed-tests.ts";
import { baseRun, currentRun, type EvidenceSubject, type Gathered } from "./subject.ts";
import { holdsByFile, indexRun, testsOfSuite, unstableFiles } from "./test-runs.ts";
import { testsElsewhere } from "./tests-elsewhere.ts";

/** Tests that ran before, on the base or at an earlier gate, and do not run now. */
export interface SkippedReading {
  readonly run: TestRun;
  /** Skipped or todo. */
  readonly skipped: readonly string[];
  /** Not in the run at all, and not given up in `removed_tests`. */
  readonly deselected: readonly string[];
}

/** Reads what no longer runs, or says why there is nothing to read. */
export function readSkipped(subject: EvidenceSubject): Gathered<SkippedReading> {
  const current = currentRun(subject);
  if (!current.ok) return current;
  const base = baseRun(subject);
  if (!base.ok) return base;
  const run = indexRun(current.value);
  const removed = removedTests(subject.facts);
  const evidence = subject.facts.evidence ?? {};
  const { redIdentities = [], passedEarlier = [] } = evidence;
  const unstableReds = filesWithUnstableReds(evidence);
  const unstable = unstableFiles([base.value.run, current.value]);
  const ran = new Set([
    ...base.value.inState("passed"),
    ...base.value.inState("flaky"),
    ...base.value.inState("failed"),
    ...redIdentities
      .filter(({ identity, file, wholeFile }) => {
        if (wholeFile || testsOfSuite(run, identity, file).length > 0) return false;
        const isHeldByFile = unstableReds.has(file) && redsPassByFile(redIdentities, run, file);
        return run.stateOf(identity) !== "missing" || !isHeldByFile;
      })
      .map(({ identity }) => identity),
    ...passedEarlier,
  ]);
  const isHeldByFile = (identity: string): boolean => {
    const file = base.value.fileOf(identity);
    return base.value.identities.has(identity) && unstable.has(file) && holdsByFile(base.value, run, file);
  };
  const elsewhere = testsElsewhere(subject, base.value, run);
  const open = [...ran].filter((identity) => !isHeldByFile(identity) && elsewhere.get(identity)?.isHeld !== true);
  return {
    ok: true,
    value: {
      run: current.value,
      skipped: open.filter((identity) => run.stateOf(identity) === "skipped"),
      deselected: open.filter(
        (identity) => run.stateOf(identity) === "missing" && !removed(identity, base.value.fileOf(identity)),
      ),
    },
  };
}
