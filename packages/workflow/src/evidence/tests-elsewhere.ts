import type { ContentPair, TreeChange } from "@phasegate/wire";
import { measuredKind } from "./code-lines.ts";
import { movedPlaces } from "./moved-tests.ts";
import { testPartsOf } from "./rewritten-parts.ts";
import { patternOfName } from "./rewritten-tests.ts";
import type { EvidenceSubject } from "./subject.ts";
import { type IndexedRun, indexRun, problemOfRun } from "./test-runs.ts";

/** A test of the base that stands and passes in another file or suite of this task's, under its own name. */
export interface TestElsewhere {
  readonly identity: string;
  /** How it is called now. */
  readonly now: string;
  /** It says there what it said, and as the base has it, it passes on this product: nothing was lost. */
  readonly isHeld: boolean;
}

/**
 * Tests that passed on the base, are gone from a file that this task changed, and pass in a test file that it wrote: moved
 * with their file byte for byte, or word for word by themselves. Where texts do not tell one test from the next, the run of the
 * base's tests has to show that it passes as it was. Each test that passes now stands for one.
 */
export function testsElsewhere(
  subject: EvidenceSubject,
  base: IndexedRun,
  run: IndexedRun,
): ReadonlyMap<string, TestElsewhere> {
  const { changes = [], contents = {} } = subject.facts.tree?.differences[subject.baseTree] ?? {};
  const changed = new Map(changes.map((change) => [change.path, change]));
  // Where the report names no files, programs are called by theirs.
  const fileOf = (of: IndexedRun, identity: string): string | null => {
    const first = identity.split(" > ", 1)[0] ?? "";
    return of.fileOf(identity) ?? (changed.has(first) ? first : null);
  };
  const gone = [...base.inState("passed"), ...base.inState("flaky")].filter(
    (identity) => run.stateOf(identity) === "missing" && changed.has(fileOf(base, identity) ?? ""),
  );
  if (gone.length === 0 || gone.length > maxTests) return new Map();
  const isWritten = (file: string | null): file is string =>
    file !== null && subject.isTestFile(file) && changed.has(file) && changed.get(file)?.kind !== "deleted";
  const added = run.inState("passed").filter((name) => !base.identities.has(name) && isWritten(fileOf(run, name)));
  const byName = Map.groupBy(added, (name) => namesIn(name, fileOf(run, name)).at(-1) ?? "");
  const places = movedPlaces(changes);
  const isAsBase = passesAsBase(subject);
  const codesOf = codesIn(contents);
  const found = new Map<string, TestElsewhere>();
  const taken = new Set<string>();
  for (const identity of gone) {
    const file = fileOf(base, identity) ?? "";
    const names = namesIn(identity, file);
    const own = names.at(-1) ?? "";
    const saysSame = (other: string): boolean | null => {
      if (places.get(file)?.includes(other) === true) return true;
      const [was, is] = [codesOf(file, "before", own), codesOf(other, "after", own)];
      return was === null || is === null ? null : was.some((code) => is.includes(code));
    };
    const isSuite = (name: string): boolean => namesIn(name, fileOf(run, name)).join("\n") === names.join("\n");
    const candidates = (byName.get(own) ?? []).filter((name) => !taken.has(name));
    const now = candidates
      .toSorted((one, other) => Number(isSuite(other)) - Number(isSuite(one)))
      .find((name) => saysSame(fileOf(run, name) ?? "") ?? isAsBase(identity));
    if (now === undefined) continue;
    taken.add(now);
    const isHeld = saysSame(fileOf(run, now) ?? "") === true && isAsBase(identity);
    found.set(identity, { identity, now, isHeld });
  }
  return found;
}

/** Tests that are looked for elsewhere; where more are gone, none is. */
const maxTests = 2_000;

/** Suites and name of a test, behind its file. */
function namesIn(identity: string, file: string | null): readonly string[] {
  const parts = identity.split(" > ");
  return parts.slice(file === null ? 0 : parts.indexOf(file) + 1);
}

function passesAsBase({ facts }: EvidenceSubject): (identity: string) => boolean {
  const { baseTests } = facts.evidence ?? {};
  if (baseTests === undefined || problemOfRun(baseTests) !== null) return () => false;
  const run = indexRun(baseTests);
  return (identity) => run.stateOf(identity) === "passed";
}

/** What tests of a name say in a file, before or after; null where its language is not read, or its text. */
function codesIn(contents: Readonly<Record<string, ContentPair>>) {
  const known = new Map<string, ReturnType<typeof testPartsOf>["parts"]>();
  return (file: string, side: keyof ContentPair, own: string): readonly string[] | null => {
    const text = contents[file]?.[side] ?? null;
    if (text === null || !/^(?:js|py)$/.test(measuredKind(file))) return null;
    const key = JSON.stringify([file, side]);
    const parts = known.get(key) ?? testPartsOf(file, text).parts;
    known.set(key, parts);
    const tests = parts.filter(({ kind, name }) => {
      const last = name.split(" > ").at(-1) ?? "";
      return kind === "test" && [last, ...last.split(", ")].some((one) => patternOfName(one).test(own));
    });
    return tests.map(({ code }) => code);
  };
}

/** Of test files that this task deleted, their texts are read to find their tests elsewhere. */
export function mayHaveMoved({ kind, before }: TreeChange, maxBytes: number): boolean {
  return kind === "deleted" && before?.type === "file" && before.size <= maxBytes;
}
