import type { RuleReference } from "@phasegate/wire";
import { compileGlobs, type Diagnostic, type PathMatcher } from "@phasegate/workflow";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

interface Group {
  readonly matches: PathMatcher;
  readonly offset: number;
}

/** Where tests of the common languages lie. */
const looksLikeTest =
  /(^|\/)(tests?|__tests__|spec)\/|(^|\/)test_[^/]*$|[._-](test|spec)\.[a-z]+$|(Test|Tests|IT)\.(java|kt|scala|groovy|cs)$/;
const isCode = /\.([cm]?[jt]sx?|py|go|rs|java|kt|scala|groovy|rb|php|c|cc|cpp|h|cs|sh|swift|exs?)$/;

/**
 * Warnings that `paths.tests` or `paths.source` match nothing of a repository that has code, or that what is called
 * a test lies in `paths.source` alone, where the phase that writes source may change it.
 */
export function idlePaths(tracked: readonly string[], file: string, text: string): readonly Diagnostic[] {
  const code = tracked.filter((path) => isCode.test(path));
  if (code.length === 0) return [];
  const lines = new LineCounter();
  const groups = groupsOf(text, lines);
  const warn = (offset: number, message: string, hint: string): Diagnostic => {
    const { line, col } = lines.linePos(offset);
    return { severity: "warning", code: "idle-paths", message, hint, place: `${file}:${line}:${col}` as RuleReference };
  };
  const idle = [...groups].flatMap(([name, { matches, offset }]) => {
    if (tracked.some((path) => matches(path))) return [];
    const message = `\`paths.${name}\` matches no file that git tracks`;
    return [warn(offset, message, "name the folders that this repository has, or will have")];
  });
  const [tests, source] = [groups.get("tests"), groups.get("source")];
  if (!tests || !source || code.some((path) => tests.matches(path))) return idle;
  const [first, ...others] = code.filter((path) => looksLikeTest.test(path) && source.matches(path));
  if (first === undefined) return idle;
  const more = others.length === 0 ? "looks like a test" : `and ${others.length} more look like tests`;
  const message = `\`${first}\` ${more}, and only \`paths.source\` matches`;
  return [...idle, warn(source.offset, message, "let `paths.tests` name them, and keep them out of `paths.source`")];
}

/** The groups `tests` and `source` of the file, where they are plain globs. */
function groupsOf(text: string, lineCounter: LineCounter): ReadonlyMap<string, Group> {
  const paths = parseDocument(text, { lineCounter }).get("paths");
  const groups = new Map<string, Group>();
  if (!isMap(paths)) return groups;
  for (const { key, value } of paths.items) {
    if (!isScalar(key) || (key.value !== "tests" && key.value !== "source")) continue;
    const items = isSeq(value) ? value.items : [value];
    const globs = items.flatMap((item) => (isScalar(item) && typeof item.value === "string" ? [item.value] : []));
    if (globs.length !== items.length || globs.some((glob) => /^[$!]/.test(glob))) continue;
    const matches = compileGlobs(globs.map((glob) => glob.replace(/#.*$/, "")));
    groups.set(key.value, { matches, offset: key.range?.[0] ?? 0 });
  }
  return groups;
}
