import { isPlainSnapshot, isSnapshotFile } from "../policy/plain-snapshot.ts";
import { isCode } from "./code-lines.ts";
import { maxStandIns } from "./red.ts";
import { contentOf, type EvidenceSubject } from "./subject.ts";

/** Files among the tests that were not there as they are when tests were red, and hold no code. */
export interface DataAfterRed {
  /** Hold what a test runner stores to compare with. */
  readonly snapshots: readonly string[];
  /** Hold what tests may read as they like. */
  readonly others: readonly string[];
}

/** What tests compare with or read, though it was written with the implementation: no red test asked for it. */
export function dataAfterRed(subject: EvidenceSubject): DataAfterRed {
  const { facts, baseTree } = subject;
  const { redIdentities: reds = [], besideReds = [] } = facts.evidence ?? {};
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  const held = besideReds.filter(({ file, content }) => file !== null && contentOf(subject, file) === content);
  const atRed = new Set([...reds, ...held].map(({ file }) => file));
  const late = changes.filter(
    ({ path, after }) =>
      after !== null && subject.isTestFile(path) && !isCode(path) && !isForPeople.test(path) && !atRed.has(path),
  );
  const isKnown = reds.length > 0 && besideReds.length < maxStandIns;
  const paths = !isKnown ? [] : late.map(({ path }) => path);
  const isStored = (path: string): boolean => isSnapshotFile(path) && isStoredByRunner(contents[path]?.after ?? "");
  return { snapshots: paths.filter(isStored), others: paths.filter((path) => !isStored(path)) };
}

const isForPeople = /\.(?:md|mdx|rst|adoc)$/i;

/** Of vitest, jest and node, or of insta for Rust, which writes what was asked above what it stores. */
function isStoredByRunner(text: string): boolean {
  return isPlainSnapshot(text) || /^---\n(?:\w+: .*\n)*?source: /.test(text);
}
