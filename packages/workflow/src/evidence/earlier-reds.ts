import type { EvidenceFacts, TestRun } from "@phasegate/wire";
import { isCode } from "./code-lines.ts";
import { rewrittenParts } from "./rewritten-parts.ts";
import { contentOf, type EvidenceSubject } from "./subject.ts";
import { type IndexedRun, indexRun } from "./test-runs.ts";

type EarlierRed = NonNullable<EvidenceFacts["earlierReds"]>[number];

/** Tests that were red in an earlier stay, and are not what they were. */
export interface ChangedReds {
  /** Phases in which they were red. */
  readonly phases: readonly string[];
  /** In files that hold something else now. */
  readonly changed: readonly string[];
  /** Files that were written with them, which they may read or load, and that hold something else now. */
  readonly beside: readonly string[];
  /** Tests, or whole files, that are not there any more. */
  readonly gone: readonly string[];
  /** In files, or beside them, that gained something, and in which nothing that was there says something else or less. */
  readonly kept: readonly string[];
  /** Pass without the implementation, in files that are what they were: something that they use was changed. */
  readonly vacuous: readonly string[];
}

/**
 * Compares with the files of this tree and with its run, RED or GREEN; `hasImplementation` tells which. Null where all
 * are what they were.
 */
export function changedReds(
  subject: EvidenceSubject,
  run: TestRun,
  { hasImplementation }: { readonly hasImplementation: boolean },
): ChangedReds | null {
  const tests = indexRun(run);
  const isGone = ({ identity, file, wholeFile }: EarlierRed): boolean => {
    if (file !== null && !exists(subject, file)) return true;
    if (wholeFile || tests.stoppedEarly || (file !== null && tests.unloaded(file) !== null)) return false;
    return tests.stateOf(identity) === "missing";
  };
  const reds = subject.facts.evidence?.earlierReds ?? [];
  const isOther = ({ file, content }: EarlierRed): boolean =>
    file === null || content === null || contentOf(subject, file) !== content;
  const others = reds.filter(isOther);
  const isVacuous = (red: EarlierRed): boolean => !isOther(red) && red.isStandIn !== true && passes(tests, red);
  const vacuous = hasImplementation ? [] : reds.filter(isVacuous);
  const gone = others.filter(isGone);
  const there = others.filter((red) => red.file !== null && !isGone(red));
  const isKept = (red: EarlierRed): boolean =>
    (hasImplementation || red.isStandIn === true || !passes(tests, red)) && onlyGained(subject, red);
  const kept = there.filter(isKept);
  const present = there.filter((red) => !kept.includes(red));
  const hasUnplaced = reds.some(({ file }) => file === null);
  const isBeside = ({ isStandIn }: EarlierRed): boolean => isStandIn === true && !hasUnplaced;
  const changed = present.filter((red) => !isBeside(red));
  const beside = present.filter(isBeside);
  const found = [...gone, ...changed, ...beside, ...kept, ...vacuous];
  if (found.length === 0) return null;
  return {
    phases: [...new Set(found.map(({ phase }) => phase))],
    changed: identitiesOf(changed),
    beside: identitiesOf(beside),
    gone: identitiesOf(gone),
    kept: identitiesOf(kept),
    vacuous: identitiesOf(vacuous),
  };
}

/** Tests that were there say what they said, or assert more; so does what stands beside them. */
function onlyGained({ facts, baseTree }: EvidenceSubject, { file, content }: EarlierRed): boolean {
  const texts = facts.evidence?.earlierTexts ?? {};
  const before = content !== null && Object.hasOwn(texts, content) ? texts[content] : undefined;
  const after = facts.tree?.differences[baseTree]?.contents[file ?? ""]?.after ?? null;
  if (file === null || before === undefined || after === null || !isCode(file)) return false;
  const { tests, beside } = rewrittenParts(file, before, after);
  return tests.length + beside.length === 0;
}

/** A file that did not load was red as a whole; it passes once its tests run and none of them fails. */
function passes(tests: IndexedRun, { identity, file, wholeFile }: EarlierRed): boolean {
  if (!wholeFile) return tests.stateOf(identity) === "passed";
  return tests.unloaded(file ?? "") === null && tests.count(file, "passed") > 0 && tests.count(file, "failed") === 0;
}

function exists(subject: EvidenceSubject, file: string): boolean {
  return contentOf(subject, file) !== null || (subject.facts.tree?.paths ?? []).includes(file);
}

function identitiesOf(reds: readonly EarlierRed[]): readonly string[] {
  return [...new Set(reds.map(({ identity }) => identity))];
}
