import { codeLines, extensionOf, measuredKind } from "./code-lines.ts";
import type { SharedProcess } from "./one-process.ts";
import { actingLine } from "./test-parts/added-lines.ts";
import { lineParts } from "./test-parts/line-parts.ts";
import type { Part, TestParts } from "./test-parts/part.ts";
import { pythonParts } from "./test-parts/python-parts.ts";
import { sharedNames, writesAnywhere, writtenOnLoad } from "./test-parts/written-on-load.ts";
import { scriptParts } from "./test-parts/script-parts.ts";
import { laidOut } from "./structure/laid-out.ts";
import { isStricter } from "./structure/stricter.ts";
import { type Structures, structuresOf } from "./structure/structures.ts";

/** What was in a test file and is not any more as it was, or has something beside it that acts on it. */
export interface RewrittenParts {
  /** Suites and names of tests that say something else now, or are gone. */
  readonly tests: readonly string[];
  /** Names of what is declared or loaded beside them; "" for a statement. */
  readonly beside: readonly string[];
  /** Suites and names of tests that assert more than before, and else are what they were. */
  readonly stricter: readonly string[];
}

/** Compares two texts of one test file. Their format, and what was only added, says nothing. */
export function rewrittenParts(path: string, writtenBefore: string, writtenAfter: string): RewrittenParts {
  const [before, after] = [withLineFeeds(writtenBefore), withLineFeeds(writtenAfter)];
  const told = changedParts(path, before, after);
  return isReadByLines(path) && told.beside.length > 0 ? changedParts(path, ...laidOut(path, before, after)) : told;
}

function changedParts(path: string, before: string, after: string): RewrittenParts {
  const [old, now] = [testPartsOf(path, before), testPartsOf(path, after)];
  const unpaired = new Map<string, Part[]>();
  for (const part of now.parts) unpaired.set(keyOf(part), [...(unpaired.get(keyOf(part)) ?? []), part]);
  const others = old.parts.filter((part) => unpaired.get(keyOf(part))?.pop() === undefined);
  const structures = [structuresOf(path, old.parts), structuresOf(path, now.parts)] as const;
  const { left, added } = withoutSameStructure(others, [...unpaired.values()].flat(), structures);
  const shared = sharedNames(added, old.parts);
  const isPlain = (row: string): boolean => now.loading === null || !writesAnywhere(row, shared, now.loading);
  const extended = new Set<Part>();
  const stricter: string[] = [];
  const changed = left.filter((part) => {
    const longer = added.find((other) => !extended.has(other) && isExtended(part, other, isPlain));
    const more = longer ?? added.find((other) => !extended.has(other) && assertsMore(part, other, structures));
    if (more !== undefined) extended.add(more);
    if (more !== undefined && longer === undefined) stricter.push(part.name);
    return more === undefined;
  });
  const tests = unique(changed.filter(({ kind }) => kind === "test").map(({ name }) => name));
  const bound = new Set(now.parts.flatMap(({ binds }) => binds));
  const suites = new Set(old.parts.flatMap((part) => levelsOf(part)));
  const acting = added.filter(
    (part) =>
      !extended.has(part) &&
      (part.suites.length === 0 || suites.has(part.suites.join("\n"))) &&
      now.actsOn(part, old.parts),
  );
  const writing = now.loading === null ? [] : writtenOnLoad(added, old.parts, now.loading);
  const beside = [
    // What is bound no more cannot be used by anything that runs.
    ...changed.filter(
      ({ kind, binds }) => kind === "statement" || (kind !== "test" && binds.some((name) => bound.has(name))),
    ),
    ...[...acting, ...writing.filter((part) => !acting.includes(part))].filter(({ name }) => !tests.includes(name)),
    ...(measuredKind(path) === "js" && hasOtherPragmas(before, after) ? [{ name: "", binds: [] }] : []),
    ...(isReadByLines(path) ? actingLines(path, before, after) : []),
  ];
  const names = unique(beside.map(({ name, binds }) => (name === "" ? (binds[0] ?? "") : name)));
  return { tests, beside: names, stricter: unique(stricter) };
}

type BothStructures = readonly [before: Structures | null, after: Structures | null];

/** What is left where pieces are compared as their grammar reads them: the format of a piece that is the same says nothing. */
function withoutSameStructure(
  left: readonly Part[],
  added: readonly Part[],
  [before, after]: BothStructures,
): { readonly left: readonly Part[]; readonly added: readonly Part[] } {
  if (before === null || after === null) return { left, added };
  const same = new Set<Part>();
  const isLeft = (part: Part): boolean => {
    const isAlike = ({ kind, name, suites }: Part): boolean =>
      kind === part.kind && name === part.name && (kind === "test" || suites.join("\n") === part.suites.join("\n"));
    const alike = part.kind === "import" ? [] : added.filter((other) => !same.has(other) && isAlike(other));
    const text = alike.length === 0 ? null : before.textOf(part);
    const found = text === null ? undefined : alike.find((other) => after.textOf(other) === text);
    if (found !== undefined) same.add(found);
    return found === undefined;
  };
  return { left: left.filter(isLeft), added: added.filter((part) => !same.has(part)) };
}

function assertsMore(part: Part, other: Part, [before, after]: BothStructures): boolean {
  if (part.kind !== "test" || other.kind !== "test" || part.name !== other.name) return false;
  const [was, is] = [before?.of(part) ?? null, after?.of(other) ?? null];
  return was !== null && is !== null && isStricter(was, is, after?.assertions ?? new Set());
}

/**
 * Names of what a new file among the tests does to others as it loads, as a plugin of pytest, or by hooks around the tests of
 * all files; "" for a statement. Of other languages than JavaScript and Python, hooks of Go alone are told.
 */
export function actingPartsOfNew(path: string, text: string, shared: SharedProcess | null = null): readonly string[] {
  if (measuredKind(path) === "go") return hooksOfPackage(path, text);
  const { parts, loading } = testPartsOf(path, text);
  if (loading === null) return [];
  const isConfiguration = /(?:^|\/)conftest\.py$/.test(path);
  const isPlugin = ({ binds, code, suites }: Part): boolean =>
    measuredKind(path) === "py" &&
    suites.length === 0 &&
    (binds.some((name) => name.startsWith("pytest_")) || (isConfiguration && /\bautouse\b/.test(code)));
  const written = new Set(writtenOnLoad(parts, [], loading));
  const isRootHook = ({ code, suites }: Part): boolean =>
    shared?.hasRootHooks === true && suites.length === 0 && rootHook.test(code);
  const acting = parts.filter((part) => written.has(part) || isPlugin(part) || isRootHook(part));
  return unique(acting.map(({ name, binds }) => (name === "" ? (binds[0] ?? "") : name)));
}

const rootHook =
  /^(?:export )?(?:const |let |var |exports \. |module \. exports \. )?(?:mochaHooks|mochaGlobal\w+|(?:\w+ \. )?(?:before|after)(?:Each|All)?(?= \())/;

/** What Go runs before the tests of a package, whichever file of it that stands in. */
function hooksOfPackage(path: string, text: string): readonly string[] {
  const lines = text.split("\n");
  const code = [...codeLines(path, text)].map((line) => lines[line - 1] ?? "");
  const names = code.map(
    (line) => /^func (TestMain|init)\s*\(/.exec(line)?.[1] ?? /^var (\w+)\b[^=]*= func\(/.exec(line)?.[1],
  );
  return unique(names.filter((name) => name !== undefined));
}

/** The line that may act on others, as a reader finds it. */
function actingLines(path: string, before: string, after: string): readonly Pick<Part, "name" | "binds">[] {
  const line = actingLine(path, before, after)?.trim().replaceAll(/\s+/g, " ").replaceAll("`", "'");
  if (line === undefined) return [];
  if (!/\w/.test(line)) return [{ name: "", binds: [] }];
  return [{ name: line.length > maxShown ? `${line.slice(0, maxShown).toWellFormed()}...` : line, binds: [] }];
}

const maxShown = 80;

/** A test file in its pieces, read as its language is: one of no language that is told apart, by its lines. */
export function testPartsOf(path: string, written: string): TestParts {
  const kind = measuredKind(path);
  const text = withLineFeeds(written);
  if (kind === "js") return scriptParts(text, !/^[cm]?ts$/.test(extensionOf(path)));
  return kind === "py" ? pythonParts(text) : lineParts(path, text);
}

/** A text whose lines end as each language says that lines end: a carriage return alone ends a comment of Python or Java. */
function withLineFeeds(text: string): string {
  return text.replaceAll(/\r(?!\n)/g, "\n");
}

/** Comments by which a file chooses how it is run. */
const pragma = /@(?:(?:jest|vitest)-[\w-]+|jsx\w*)\s+[^\s*]+/g;

function hasOtherPragmas(before: string, after: string): boolean {
  const pragmasOf = (text: string): string => JSON.stringify((text.match(pragma) ?? []).toSorted());
  return pragmasOf(before) !== pragmasOf(after);
}

function isReadByLines(path: string): boolean {
  return !["js", "py"].includes(measuredKind(path));
}

/** A test that moves to another suite is the same; what acts on its suite is not. */
function keyOf({ kind, code, suites }: Part): string {
  return JSON.stringify(kind === "test" ? [kind, code] : [kind, code, suites]);
}

function levelsOf({ suites }: Part): readonly string[] {
  return suites.map((_, at) => suites.slice(0, at + 1).join("\n"));
}

/**
 * The same piece with more rows in the table of its cases: the list that it is declared as, or that stands first behind
 * `each` or `parametrize`. What a row runs may change others.
 */
function isExtended(part: Part, other: Part, isPlain: (row: string) => boolean): boolean {
  if (part.kind !== other.kind || part.suites.join("\n") !== other.suites.join("\n")) return false;
  const [before, after] = [tableOf(part.code), tableOf(other.code)];
  if (before === null || after === null || before.around !== after.around) return false;
  let at = 0;
  const more = after.rows.filter((row) => {
    const isOld = row === before.rows[at];
    if (isOld) at += 1;
    return !isOld;
  });
  return at === before.rows.length && more.every(isPlain);
}

const table = /(?: of (?=\[)|^[^=>]* = |\b(?:each|for|parametrize) \( (?:"[^"]*" , )?)(?=\[)/;

/** The rows of the table in a piece of code, and what stands around them. */
function tableOf(code: string): { readonly around: string; readonly rows: readonly string[] } | null {
  const found = table.exec(code);
  if (found === null) return null;
  const from = found.index + found[0].length + 1;
  const rows: string[] = [];
  let [depth, row] = [1, ""];
  const words = code.slice(from).split(/( |\n)/);
  for (const [at, word] of words.entries()) {
    if (/^[([{]$/.test(word)) depth += 1;
    else if (/^[)\]}]$/.test(word)) depth -= 1;
    if (depth === 0) return { around: code.slice(0, from) + words.slice(at).join(""), rows: [...rows, row.trim()] };
    if (depth === 1 && word === ",") [rows[rows.length], row] = [row.trim(), ""];
    else row += word;
  }
  return null;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
