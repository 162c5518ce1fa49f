import type { EvidenceFacts, Facts, TestRun, TreeChange, TreeFacts } from "@phasegate/wire";
import { emptyRun, type IndexedRun, indexRun, problemOfRun, stepAfterRun } from "./test-runs.ts";

/** What evidence is judged about: a tree, how it differs from the base, and what was run. */
export interface EvidenceSubject {
  readonly facts: Facts;
  readonly baseTree: string;
  isTestFile(path: string): boolean;
}

/** The facts that a judgement on evidence cannot do without, or why it cannot be made. */
export type Gathered<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string; readonly hint?: string };

/** The evidence and the tree that it is about. */
export function gathered(subject: EvidenceSubject): Gathered<{ evidence: EvidenceFacts; tree: TreeFacts }> {
  const { evidence, tree } = subject.facts;
  if (!evidence) return { ok: false, problem: "no test was run for this" };
  if (!tree) return { ok: false, problem: "the tree was not read" };
  return { ok: true, value: { evidence, tree } };
}

/** The run on exactly the tree that is judged. */
export function currentRun(subject: EvidenceSubject): Gathered<TestRun> {
  const facts = gathered(subject);
  if (!facts.ok) return facts;
  const { current } = facts.value.evidence;
  if (!current) return { ok: false, problem: "the tests were not run on this tree" };
  if (current.tree !== facts.value.tree.digest) return { ok: false, problem: "the test run is one of another tree" };
  const problem = problemOfRun(current);
  return problem === null ? { ok: true, value: current } : { ok: false, problem, hint: stepAfterRun(current) };
}

/** The run on the base. A base without test files, or in which the runner found no test, has none to lose. */
export function baseRun(subject: EvidenceSubject): Gathered<IndexedRun> {
  const facts = gathered(subject);
  if (!facts.ok) return facts;
  const { base } = facts.value.evidence;
  if (!base) return { ok: false, problem: "the tests were not run on the base" };
  if (base.tree !== subject.baseTree) return { ok: false, problem: "the run on the base is one of another tree" };
  const problem = problemOfRun(base);
  if (problem === null) return { ok: true, value: indexRun(base) };
  if (foundNoTest(base) || baseHasNoTests(subject, facts.value.tree)) return { ok: true, value: emptyRun };
  return { ok: false, problem: `what passed on the base is not known: ${problem}`, hint: stepAfterRun(base) };
}

/** What differs from the base, by path. */
export function changesFromBase(subject: EvidenceSubject): Gathered<ReadonlyMap<string, TreeChange>> {
  const difference = subject.facts.tree?.differences[subject.baseTree];
  if (!difference) return { ok: false, problem: "the changes since the base were not read" };
  return { ok: true, value: new Map(difference.changes.map((change) => [change.path, change])) };
}

/** The content of a file in the tree that is judged; null when it is not there, or not known. */
export function contentOf(subject: EvidenceSubject, path: string): string | null {
  const { tree } = subject.facts;
  if (!tree) return null;
  const told = tree.contentOf;
  if (told && Object.hasOwn(told, path)) return told[path] ?? null;
  const change = tree.differences[subject.baseTree]?.changes.find((candidate) => candidate.path === path);
  return change?.after?.content ?? null;
}

/** What a runner says that ends with an error where there is no test: beside helpers, say. No task writes the base. */
function foundNoTest({ cases, unloadedFiles, exitCode, output }: TestRun): boolean {
  if (cases.length > 0 || unloadedFiles.length > 0) return false;
  return exitCode === 5
    ? /^(?:no tests ran\b|NO TESTS RAN$|=+ no tests ran\b)/m.test(output)
    : exitCode === 1 && /^No test(?: file)?s found, exiting with code 1$/m.test(output);
}

function baseHasNoTests(subject: EvidenceSubject, tree: TreeFacts): boolean {
  const changes = changesFromBase(subject);
  if (!changes.ok) return false;
  const kept = tree.paths.filter((path) => changes.value.get(path)?.kind !== "added");
  const deleted = [...changes.value.values()].filter(({ kind }) => kind === "deleted").map(({ path }) => path);
  return ![...kept, ...deleted].some((path) => subject.isTestFile(path));
}
