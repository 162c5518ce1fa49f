import type { ContentPair } from "@phasegate/wire";
import { changedLines } from "./changed-lines.ts";
import { executableLines, extensionOf, measuredKind, tokenLines } from "./code-lines.ts";

/** Keywords that begin a statement wherever a line begins with them. */
const keyword =
  /^(?:\}?\s*else\s+)?(?:(?:if|while|switch)\s*\(|for\s*(?:await\s*)?\(|(?:return|throw)\b(?!\s*[:?,=]|\(.*\{$))/;
const variable = /^(?:export\s+)?(?:const|let|var)\s+(?:[\w$]+|\{[^{}]*\}|\[[^[\]]*\])\s*(?::[^=]*)?=(?![=>])\s*[^\s=]/;
const operation = [
  /^(?:(?:await|void|new)\s+)?(?!constructor\()[\w$.?![\]]+\(.*\);$/,
  /^[\w$.?![\]]+\s*(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)=(?!=).*;$/,
  /^[\w$]+[.[][^=]*[^=!<>]=(?![=>]).*;$/,
  /^(?:(?:\+\+|--)[\w$.[\]]+|[\w$.[\]]+(?:\+\+|--));$/,
];
const ownTests = /\bif\s*\(\s*import\.meta\.vitest\s*\)\s*\{$/;

/**
 * Numbers of lines of JavaScript and TypeScript on which a statement surely begins, so that every tool which counts lines
 * or statements names them, executed or not. Fewer than there are: what may be a type, a field or text is not told. Tests
 * that a module holds itself (`if (import.meta.vitest) {`) are none of its code.
 */
export function statementLines(path: string, text: string): ReadonlySet<number> {
  if (measuredKind(path) !== "js") return new Set();
  const executable = executableLines(path, text);
  const found = new Set<number>();
  let before = { code: "", depth: 0 };
  let testsAt: number | null = null;
  for (const [number, line] of tokenLines(text, !/^[cm]?ts$/.test(extensionOf(path)))) {
    const words = line.code.trim();
    if (words === "") continue;
    if (testsAt !== null && words.startsWith("}") && before.depth === testsAt) testsAt = null;
    if (testsAt === null && ownTests.test(words)) testsAt = line.depth;
    const follows = /(?:^|[;{}])$/.test(before.code);
    const begins =
      keyword.test(words) || variable.test(words) || (follows && operation.some((kind) => kind.test(words)));
    if (testsAt === null && begins && executable.has(number)) found.add(number);
    before = { code: words, depth: line.depth };
  }
  return found;
}

/**
 * Lines of a changed file that hold statements and stand in no count of its report, though nothing kept them out of it
 * before: neither as executed nor as missed. `reported` and `reportedBefore` are the lines that the reports name. One
 * variable between lines that are named is passed over: tools lose one in thousands.
 */
export function statementsLeftOut(
  path: string,
  texts: ContentPair | undefined,
  reported: ReadonlySet<number>,
  reportedBefore: ReadonlySet<number> | null,
): ReadonlySet<number> {
  const { before = null, after = null } = texts ?? {};
  if (after === null) return new Set();
  const lines = after.split("\n");
  const statements = [...statementLines(path, after)];
  const isNamed = (line: number | undefined): boolean => line === undefined || reported.has(line);
  const isLone = (index: number): boolean =>
    variable.test((lines[(statements[index] ?? 0) - 1] ?? "").trim()) &&
    isNamed(statements[index - 1]) &&
    isNamed(statements[index + 1]);
  const left = statements.filter((line, index) => !reported.has(line) && !isLone(index));
  if (before === null || left.length === 0) return new Set(left);
  if (reportedBefore === null) {
    const changed = changedLines(before, after);
    return new Set(left.filter((line) => changed.has(line)));
  }
  const known = new Map<string, number>();
  const linesBefore = before.split("\n");
  for (const line of statementLines(path, before)) {
    const text = linesBefore[line - 1] ?? "";
    if (!reportedBefore.has(line)) known.set(text, (known.get(text) ?? 0) + 1);
  }
  return new Set(
    left.filter((line) => {
      const text = lines[line - 1] ?? "";
      const count = known.get(text) ?? 0;
      if (count > 0) known.set(text, count - 1);
      return count === 0;
    }),
  );
}

/** Lines as `3` and `4-62`, joined where no line that the report names stands between them. */
export function rangesOf(lines: ReadonlySet<number>, reported: ReadonlySet<number>): readonly string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const line of [...lines].toSorted((left, right) => left - right)) {
    const range = ranges.at(-1);
    const isNext = range && ![...reported].some((named) => named > range.last && named < line);
    if (range && isNext) range.last = line;
    else ranges.push({ first: line, last: line });
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${String(first)}-${String(last)}`));
}
