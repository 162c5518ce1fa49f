import type { ContentPair, EvidenceFacts, TestRun, TreeChange } from "@phasegate/wire";
import { isSnapshotFile } from "../policy/plain-snapshot.ts";
import { isCode, measuredKind } from "./code-lines.ts";
import { holdsData } from "./held-data.ts";
import { type MovedTestFile, movedTestFiles } from "./moved-tests.ts";
import { type SharedProcess, sharedProcess } from "./one-process.ts";
import { actingPartsOfNew, type RewrittenParts, rewrittenParts } from "./rewritten-parts.ts";
import type { EvidenceSubject } from "./subject.ts";
import { type IndexedRun, indexRun } from "./test-runs.ts";

/** Tests of the base that this task changed and that no run can tell from what they were. */
export interface RewrittenTests {
  /** Say something else, and pass now as they did. As `file > suite > name`. */
  readonly tests: readonly string[];
  /** Are in test files in which something else was changed that they may rest on. As `file` or `file: name`. */
  readonly beside: readonly string[];
  /** Assert more than before, are else what they were, and pass. As `tests`. */
  readonly stricter: readonly string[];
  readonly moved: readonly MovedTestFile[];
}

/** Compares the texts of test files that the base has; a test whose new expectation was red is not among them. */
export function rewrittenTests(subject: EvidenceSubject, run: TestRun): RewrittenTests {
  const { facts, baseTree } = subject;
  const { base, redIdentities = [] } = facts.evidence ?? {};
  const { changes = [], contents = {} } = facts.tree?.differences[baseTree] ?? {};
  if (base === undefined || base.cases.length === 0) return none;
  const stays = passesStill(base, run, redIdentities);
  const withTests = new Set(base.cases.map(({ file }) => file));
  const isDoctest = (path: string): boolean => !isCode(path) && withTests.has(path);
  const isOfBase = ({ kind, path }: TreeChange): boolean =>
    kind !== "added" && subject.isTestFile(path) && (isCode(path) || isData(path) || isDoctest(path));
  // Where the report names files, the tests of one that is gone are missing.
  const tellsFiles = base.cases.every(({ file }) => file !== null);
  const isMissed = ({ kind, path }: TreeChange): boolean => kind === "deleted" && tellsFiles && isCode(path);
  const shared = sharedProcess(run.command, facts.tree?.paths ?? []);
  // Else each file of JavaScript is run by itself: one that holds no test is loaded by others.
  const ownTests = run.cases.map(({ file }) => file).filter((file) => measuredKind(file ?? "") === "js");
  const runsAlone = new Set(shared === null ? ownTests : []);
  const isBesideBase = ({ kind, path }: TreeChange): boolean =>
    kind === "added" && subject.isTestFile(path) && !runsAlone.has(path) && sharesRun(base, path, shared);
  const ofPackage = new Set((facts.tree?.paths ?? []).filter((path) => path.endsWith("_test.go")));
  for (const { kind, path } of changes) if (kind === "added") ofPackage.delete(path);
  const packages = new Set([...ofPackage].map(folderOf));
  const isBesidePackage = ({ kind, path }: TreeChange): boolean =>
    kind === "added" && path.endsWith("_test.go") && packages.has(folderOf(path));
  const isTestFile = (path: string): boolean => subject.isTestFile(path);
  const moved = tellsFiles ? [] : movedTestFiles(changes, contents, { base, run, isTestFile });
  // What a file does to others of its folder it did before it was renamed there.
  const settled = new Set(moved.flatMap(({ from, to }) => (folderOf(from) === folderOf(to) ? [from, to] : [from])));
  const files = changes.filter(
    (change) =>
      !settled.has(change.path) &&
      ((isOfBase(change) && !isMissed(change)) || isBesideBase(change) || isBesidePackage(change)),
  );
  const named = (path: string, names: readonly string[]): readonly string[] =>
    names.filter((name) => stays(path, name)).map((name) => `${path} > ${name}`);
  let bytes = 0;
  const initial: RewrittenTests = { ...none, moved };
  return files.reduce(({ tests, beside, stricter }, change) => {
    const { path } = change;
    bytes += (change.before?.size ?? 0) + (change.after?.size ?? 0);
    const isUnread = bytes > maxComparedBytes && change.kind !== "added";
    const read = (): RewrittenParts => (isDoctest(path) ? doctestParts(path) : partsOf(change, contents[path], shared));
    const parts = isUnread ? unread : read();
    return {
      tests: [...tests, ...named(path, parts.tests)],
      beside: [...beside, ...parts.beside.map((name) => (name === "" ? path : `${path}: ${name}`))],
      stricter: [...stricter, ...named(path, parts.stricter)],
      moved,
    };
  }, initial);
}

/** Texts, before and after, that one judgement reads. */
const maxComparedBytes = 2 * 1024 * 1024;
const none: RewrittenTests = { tests: [], beside: [], stricter: [], moved: [] };
/** Of a text that is gone or was not read, nothing but its file is known. */
const unread: RewrittenParts = { tests: [], beside: [""], stricter: [] };

/** Comparisons that are remembered, by path and contents: a gate is judged again with each fact that comes. */
const maxKnown = 1_000;
const known = new Map<string, RewrittenParts>();

/** Whether tests of the base in that language may run in a process that loads a new file, or below its folder. */
function sharesRun(base: TestRun, path: string, shared: SharedProcess | null): boolean {
  const folder = path.endsWith("conftest.py") ? folderOf(path) : "";
  const kind = measuredKind(path);
  return base.cases.some(({ file }) =>
    file === null ? shared !== null : measuredKind(file) === kind && file.startsWith(folder),
  );
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function partsOf(
  { path, before, after }: TreeChange,
  texts: ContentPair | undefined,
  shared: SharedProcess | null,
): RewrittenParts {
  if (before === null) return partsOfNew(path, after?.content ?? "", texts?.after ?? null, shared);
  if (texts === undefined || texts.before === null || texts.after === null) return unread;
  const key = JSON.stringify([path, before?.content, after?.content]);
  const compared = isData(path) ? dataParts : rewrittenParts;
  const parts = known.get(key) ?? compared(path, texts.before, texts.after);
  if (known.size >= maxKnown) known.clear();
  known.set(key, parts);
  return parts;
}

function partsOfNew(path: string, content: string, text: string | null, shared: SharedProcess | null): RewrittenParts {
  if (text === null || !/^(?:js|py|go)$/.test(measuredKind(path))) return none;
  const key = JSON.stringify([path, content, shared]);
  const parts = known.get(key) ?? { ...none, beside: actingPartsOfNew(path, text, shared) };
  if (known.size >= maxKnown) known.clear();
  known.set(key, parts);
  return parts;
}

/** What tests may read: all but code, snapshots, which are told by themselves, and texts for people. */
function isData(path: string): boolean {
  return !isCode(path) && !isSnapshotFile(path) && !/\.(?:md|mdx|rst|adoc)$/i.test(path);
}

/** A text that was reported as a test is one, whatever was added to it: its lines act on those behind them. */
function doctestParts(path: string): RewrittenParts {
  return { ...none, tests: [path.slice(path.lastIndexOf("/") + 1)] };
}

/** Data that only gained something tests as much as before. */
function dataParts(path: string, before: string, after: string): RewrittenParts {
  return { ...none, beside: holdsData(path, before, after) ? [] : [""] };
}

/** Whether a test that passed on the base passes now, by the name that it has in the text of its file. */
function passesStill(
  base: TestRun,
  run: TestRun,
  reds: NonNullable<EvidenceFacts["redIdentities"]>,
): (path: string, name: string) => boolean {
  const [old, now] = [indexRun(base), indexRun(run)];
  const wasRed = new Set(reds.map(({ identity }) => identity));
  const isPassing = (tests: IndexedRun, identity: string): boolean =>
    tests.stateOf(identity) === "passed" || tests.stateOf(identity) === "flaky";
  return (path, name) => {
    const own = name.split(" > ").at(-1) ?? "";
    // A loop or a condition may declare several tests, whose names stand beside each other.
    const patterns = [own, ...own.split(", ")].map(patternOfName);
    const named = [...old.identities].filter((identity) => {
      const file = old.fileOf(identity);
      return (
        (file === null || file === path) && identity.split(" > ").some((part) => patterns.some((one) => one.test(part)))
      );
    });
    if (named.length === 0) return true;
    return named.some((identity) => isPassing(old, identity) && isPassing(now, identity) && !wasRed.has(identity));
  };
}

/** Matches a test's name as a run has it, by the name in a text, which may leave places open for the values of each case. */
export function patternOfName(name: string): RegExp {
  const open = /%[a-zA-Z]|\$[\w.]+|\.{3}/g;
  const parts = name.split(open).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}(?:\\[.*\\])?$`, "s");
}
