import type { ContentPair, LineCoverage, TreeChange } from "@phasegate/wire";
import { changedLines } from "./changed-lines.ts";
import { executableLines, isDeclarationFile, measuredKind } from "./code-lines.ts";
import { newDirectives } from "./coverage-directives.ts";
import type { LoadedTests } from "./coverage-tests.ts";
import { mustBeMeasured } from "./measured-folders.ts";
import { modulesWithoutEnding } from "./modules-without-ending.ts";
import { rangesOf, statementsLeftOut } from "./statement-lines.ts";

/** What a change keeps out of the coverage that is measured of it. */
export interface Uncounted {
  /** New comments that take lines out of it, as `file:line`. */
  readonly excluded: readonly string[];
  /** Statements of files that it names which it neither counts as executed nor as missed, as `file:first-last`. */
  readonly leftOut: readonly string[];
  /** Changed files that it does not name, though it names others of their kind. */
  readonly unmeasured: readonly string[];
  /** By file, how many lines count as not covered though the report leaves them out. */
  readonly uncovered: ReadonlyMap<string, number>;
}

export interface CoverageSource {
  readonly changes: readonly TreeChange[];
  readonly contents: Readonly<Record<string, ContentPair>>;
  /** All paths of the tree. */
  readonly paths: readonly string[];
  /** What the tests of the base covered, where that was measured. */
  readonly base: LineCoverage | null;
  isTestFile(path: string): boolean;
  /** Files among the tests that changed product code loads, with that code: they are as much of it. */
  readonly loaded?: LoadedTests;
}

/** Bytes that stand for a line of a file that is too large or too odd to be read. */
const bytesOfLine = 40;

/**
 * Reads it off the changes since the base; what is a test file is counted by no one. A new file that the report has to
 * name counts whole, a changed one with its changed lines, and one that the base's report named with the lines that it
 * had there. A new comment that leaves lines out counts with those lines, and so do statements that it does not name.
 */
export function uncounted(coverage: LineCoverage, source: CoverageSource): Uncounted {
  const written = source.changes.filter(
    ({ kind, path, after }) => kind !== "deleted" && after?.type === "file" && !source.isTestFile(path),
  );
  const isNamed = (path: string): boolean => Object.hasOwn(coverage.files, path);
  const kinds = new Set(Object.keys(coverage.files).map(measuredKind));
  const directives = new Map(written.map(({ path }) => [path, newDirectives(path, source.contents[path])]));
  const kindsByText = modulesWithoutEnding(written, source.contents);
  const kindOf = (path: string): string => kindsByText.get(path) ?? measuredKind(path);
  const mustBe = mustBeMeasured(coverage, source, kindOf);
  const isLoaded = loadedByMeasured(source.loaded ?? new Map(), (path) => isNamed(path) || mustBe(path));
  const isRequired = (path: string): boolean => mustBe(path) || (kinds.has(kindOf(path)) && isLoaded(path));
  const uncovered = new Map<string, number>();
  const leftOut: string[] = [];
  for (const [path, lines] of forgotten(coverage, source)) uncovered.set(path, lines);
  for (const change of written) {
    const { path } = change;
    const known = directives.get(path) ?? [];
    const texts = source.contents[path];
    const reported = isNamed(path) ? reportedLines(coverage, path) : null;
    const silent = reported
      ? statementsLeftOut(path, texts, reported, source.base && reportedLines(source.base, path))
      : new Set<number>();
    const excluded = reported ? linesExcluded(path, texts?.after ?? "", reported, known) : new Set<number>();
    if (reported) {
      leftOut.push(...rangesOf(silent.difference(excluded), reported).map((lines) => `${path}:${lines}`));
    }
    const lines = reported
      ? silent.union(excluded).size
      : isRequired(path)
        ? linesOf(change, source.contents[path], known.length > 0)
        : 0;
    if (lines > (uncovered.get(path) ?? 0)) uncovered.set(path, lines);
  }
  return {
    excluded: [...directives].flatMap(([path, lines]) => lines.map((line) => `${path}:${String(line)}`)),
    leftOut,
    unmeasured: written
      .map(({ path }) => path)
      .filter((path) => !isNamed(path) && kinds.has(kindOf(path)) && holdsCode(path, source.contents[path])),
    uncovered,
  };
}

/** Whether code that a report names, or has to, loads a file among the tests, at first hand or through others of them. */
function loadedByMeasured(loaded: LoadedTests, isMeasured: (path: string) => boolean): (path: string) => boolean {
  const loads = new Map<string, string[]>();
  for (const [path, loaders] of loaded) for (const by of loaders) loads.set(by, [...(loads.get(by) ?? []), path]);
  const found = new Set<string>();
  const open = [...loads.keys()].filter(isMeasured);
  for (let by = open.pop(); by !== undefined; by = open.pop()) {
    for (const path of loads.get(by) ?? []) {
      if (!found.has(path)) open.push(path);
      found.add(path);
    }
  }
  return (path) => found.has(path);
}

/** Per cent of lines that are covered, with those that the report leaves out. */
export function honestPercent(coverage: LineCoverage, { uncovered }: Pick<Uncounted, "uncovered">): number {
  const more = [...uncovered.values()].reduce((sum, lines) => sum + lines, 0);
  if (more === 0) return coverage.percent;
  const files = Object.values(coverage.files);
  const covered = files.reduce((sum, file) => sum + file.covered.length, 0);
  const all = files.reduce((sum, file) => sum + file.covered.length + file.uncovered.length, 0);
  return (covered * 100) / (all + more);
}

/** Files that the report of the base names, that are in the tree still, and that this report does not name. */
function forgotten(coverage: LineCoverage, { base, paths }: CoverageSource): readonly (readonly [string, number])[] {
  const present = new Set(paths);
  return Object.entries(base?.files ?? {})
    .filter(([path]) => present.has(path) && !Object.hasOwn(coverage.files, path))
    .map(([path, lines]) => [path, lines.covered.length + lines.uncovered.length]);
}

/** False of a file in which nothing can be measured: declarations of types, exports of other modules. */
function holdsCode(path: string, texts: ContentPair | undefined): boolean {
  if (isDeclarationFile(path)) return false;
  const text = texts?.after ?? null;
  return text === null || executableLines(path, text).size > 0;
}

function linesOf({ kind, path, after }: TreeChange, texts: ContentPair | undefined, isExcluded: boolean): number {
  if (texts?.after === null || texts === undefined) {
    return kind === "added" ? Math.ceil((after?.size ?? 0) / bytesOfLine) : 0;
  }
  const lines = executableLines(path, texts.after);
  if (kind === "added" || texts.before === null || isExcluded) return lines.size;
  const changed = changedLines(texts.before, texts.after);
  return [...lines].filter((line) => changed.has(line)).length;
}

/** Lines that a report names, executed or not; null where it does not name the file. */
function reportedLines({ files }: LineCoverage, path: string): ReadonlySet<number> | null {
  if (!Object.hasOwn(files, path)) return null;
  const { covered = [], uncovered = [] } = files[path] ?? {};
  return new Set([...covered, ...uncovered]);
}

/** Lines behind new comments that leave lines out: those up to the next one that the report names. */
function linesExcluded(
  path: string,
  text: string,
  named: ReadonlySet<number>,
  from: readonly number[],
): ReadonlySet<number> {
  const excluded = new Set<number>();
  if (from.length === 0) return excluded;
  const executable = executableLines(path, text);
  const last = text.split("\n").length;
  for (const first of from) {
    for (let line = first; line <= last && (line === first || !named.has(line)); line += 1) {
      if (executable.has(line) && !named.has(line)) excluded.add(line);
    }
  }
  return excluded;
}
