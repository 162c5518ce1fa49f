import type { EvidenceFacts, TestRun } from "@phasegate/wire";
import { contentOf, type EvidenceSubject } from "./subject.ts";
import { indexRun } from "./test-runs.ts";

type EarlierRed = NonNullable<EvidenceFacts["earlierReds"]>[number];

/** Tests that were red in an earlier stay, and are not what they were. */
export interface ChangedReds {
  /** Phases in which they were red. */
  readonly phases: readonly string[];
  /** In files that hold something else now. */
  readonly changed: readonly string[];
  /** Tests, or whole files, that are not there any more. */
  readonly gone: readonly string[];
}

/** Compares with the files of this tree and with its run, RED or GREEN. Null where all are what they were. */
export function changedReds(subject: EvidenceSubject, run: TestRun): ChangedReds | null {
  const tests = indexRun(run);
  const isGone = ({ identity, file, wholeFile }: EarlierRed): boolean => {
    if (file !== null && !exists(subject, file)) return true;
    if (wholeFile || tests.stoppedEarly || (file !== null && tests.unloaded(file) !== null)) return false;
    return tests.stateOf(identity) === "missing";
  };
  const others = (subject.facts.evidence?.earlierReds ?? []).filter(({ file, content }) => {
    return file === null || content === null || contentOf(subject, file) !== content;
  });
  const gone = others.filter(isGone);
  const changed = others.filter((red) => red.file !== null && !isGone(red));
  if (gone.length + changed.length === 0) return null;
  return {
    phases: [...new Set([...gone, ...changed].map(({ phase }) => phase))],
    changed: identitiesOf(changed),
    gone: identitiesOf(gone),
  };
}

function exists(subject: EvidenceSubject, file: string): boolean {
  return contentOf(subject, file) !== null || (subject.facts.tree?.paths ?? []).includes(file);
}

function identitiesOf(reds: readonly EarlierRed[]): readonly string[] {
  return [...new Set(reds.map(({ identity }) => identity))];
}
