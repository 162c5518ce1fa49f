import { codeLines, extensionOf } from "../code-lines.ts";

/** Lines that stand in a row and were added, and whether code of before follows them. */
interface Hunk {
  readonly lines: readonly string[];
  readonly isInFront: boolean;
}

/** Languages that begin and end what belongs together with braces. */
const braced = /^(?:c|h|cc|cpp|hpp|cs|java|kt|go|rs|swift|scala|dart|groovy|php)$/;
const preprocessed = /^(?:c|h|cc|cpp|hpp)$/;
/** Where a file goes on to be read, or `end` closes what words open. */
const ended = /^(?:rb|ex|exs|jl)$/;

const at = String.raw`(?:^|[;&|({)]|\b(?:then|else|do)\b)\s*`;
/** Ends the file, or all tests, wherever it stands but in a function that is new. */
const leavesAll = new RegExp(
  String.raw`${at}(?:(?:os|sys|System|process|std::process|Process|Kernel)(?:\.|::))?(?:[Ee]xit!?|_exit|quick_exit|exec|die|kill|abort!?|BAIL_OUT|skip_all|done_testing|halt|plan\s+(?:skip_all|tests\b.*exit))\b|^__(?:END|DATA)__`,
);
/** Ends the function or the block in which it stands. */
const leaves = new RegExp(
  String.raw`${at}(?:return|break|continue|next|last|goto|throw|raise|panic!?|(?:\w+\.)?(?:Skip(?:Now|f)?|FailNow|Goexit))\b`,
);
/** What test runners, languages and shells call by themselves. */
const hooks =
  /^\s*(?:(?:func|fn|sub|def|function|static|void|int|public|protected|private|async|suspend|override|fun)\s+)*(?:TestMain|init|setup(?:_file|_suite)?|teardown(?:_file|_suite)?|setUp\w*|tearDown\w*|SetUp\w*|TearDown\w*|BEGIN|END|INIT|CHECK|method_missing)\s*(?:\(|\{|do\b)|@(?:Before|After)\w*|\[(?:OneTime)?(?:SetUp|TearDown)|\b(?:before|after)\s*(?:\(|do\b|\{)|#\[ctor|__attribute__\s*\(\(\s*(?:con|de)structor|^\s*trap\b|^\s*(?:use\s+lib|no\s+warnings)\b|LD_PRELOAD/;
const head =
  /^\s*@test\b|\b(?:sub|function|func|fn|def|fun)\b|^\s*[\w-]+\s*\(\)\s*\{?\s*$|^\s*[\w-]+\s*\(\)\s*[{(]|=>|->|\)\s*(?:const|throws\s+[\w, ]+)?\s*\{\s*$/;
const branching = /^\s*(?:\}?\s*else\s+)?(?:if|for|while|switch|try|catch|unless|elsif|foreach|do)\b/;
/** What opens a block that `end` closes, and that. */
const blocksByWord =
  /^\s*(?:if|unless|while|until|case|defp?|class|module|defmodule|begin|for|function)\b(?!.*\bdo\b\s*$)|\bdo\b(?:\s*\|[^|]*\|)?\s*$|^\s*end\b/g;
const closer = /^\s*(?:[\])}>;,]*|fi|done|esac|end|;;)\s*$/;
/** What gives a name of a script, at its top, another meaning. */
const binding =
  /^\s*(?:(?:function|sub|def|alias|my|our|local|declare|export|readonly|typeset|const|let|var|val|fn|func)\s+)*[$@%*&]?([\p{L}_][\p{L}\p{N}_]*)\s*(?:\(\)|\+?=(?!=)|:=|\{|\()/u;
const defined = /^\s*#\s*(?:define|undef)\s+(\w+)/;

/**
 * The first of the lines that were added to a text and may act on those that it had; null where none may. They end it early, hold what follows in a block,
 * a text or a comment, give a name that it uses another meaning, or are run by the test runner around its tests. Reads
 * languages whose statements are not told apart.
 */
export function actingLine(path: string, before: string, after: string): string | null {
  const kind = extensionOf(path);
  const used = new Set(before.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  for (const { lines, isInFront } of hunksOf(path, before, after)) {
    const byItself = lines.find((line) => hooks.test(line) || (preprocessed.test(kind) && isDefined(line, used, kind)));
    if (byItself !== undefined) return byItself;
    if (!isInFront) continue;
    if (holdsRest(lines, kind)) return lines[0] ?? "";
    const kept = withoutDocuments(lines);
    const at = placeOfActing(kept.map(withoutTexts), used, kind);
    if (at !== -1) return kept[at] ?? "";
  }
  return null;
}

/** A macro of a header has its meaning wherever that is included. */
function isDefined(line: string, used: ReadonlySet<string>, kind: string): boolean {
  const name = defined.exec(line)?.[1];
  return (
    name !== undefined && (used.has(name) || (kind.startsWith("h") && /^\s*#\s*define\s+\w+(?:\(|\s+\S)/.test(line)))
  );
}

/** Which leaves early, or binds a name anew, in nothing that these lines opened themselves; -1 where none does. */
function placeOfActing(lines: readonly string[], used: ReadonlySet<string>, kind: string): number {
  const open: boolean[] = [];
  return lines.findIndex((line) => {
    const isFunction = open.includes(true) || isFunctionHead(line);
    const bound = open.length > 0 ? undefined : binding.exec(line)?.[1];
    const isLeaving = (!isFunction && leavesAll.test(line)) || (open.length === 0 && !isFunction && leaves.test(line));
    const isBinding = bound !== undefined && used.has(bound) && isAnother(line, bound, kind);
    const isSetting =
      braced.test(kind) && !open.includes(true) && !isFunction && set(line).some((name) => used.has(name));
    const isBranch = braced.test(kind) && open.length > 0 && !open.includes(true) && leaves.test(line);
    const signs = ended.test(kind) ? line.match(blocksByWord) : line.match(/[{}]/g);
    for (const sign of signs ?? []) {
      if (/^(?:\}|\s*end)$/.test(sign)) open.pop();
      else open.push(isFunctionHead(line));
    }
    return isLeaving || isBinding || isSetting || isBranch;
  });
}

/** Names that a line gives another value, and does not declare. */
function set(line: string): readonly string[] {
  const names = [...line.matchAll(/(?<![\w.>\]]\s*)(?<!\w\s+)\b([A-Za-z_]\w*)\s*(?:[-+*/|&^]?=(?![=>])|\+\+|--)/g)];
  return names.map(([, name = ""]) => name);
}

function isFunctionHead(line: string): boolean {
  return head.test(line) && !branching.test(line);
}

/** A call of what is there is none; neither is a new piece of a block. */
function isAnother(line: string, name: string, kind: string): boolean {
  const isCall = new RegExp(String.raw`^\s*${name}\s*\((?!\))`).test(line);
  const isEmptyCall = braced.test(kind) && new RegExp(String.raw`^\s*${name}\s*\(\)`).test(line);
  return !isCall && !isEmptyCall && !/^(?:if|for|while|switch|case|do|else|try|func|test)$/.test(name);
}

/** Opens what it does not close, so that the lines behind it stand in it. */
function holdsRest(lines: readonly string[], kind: string): boolean {
  const code = lines.map(withoutTexts);
  const count = (sign: RegExp): number => code.reduce((sum, line) => sum + (line.match(sign)?.length ?? 0), 0);
  if (count(/\{/g) !== count(/\}/g)) return true;
  if (preprocessed.test(kind)) return count(/^\s*#\s*if/g) !== count(/^\s*#\s*endif\b/g);
  if (braced.test(kind)) return false;
  if (ended.test(kind)) {
    const blocks = code.flatMap((line) => line.match(blocksByWord) ?? []);
    const ends = blocks.filter((word) => word.trim() === "end").length;
    return ends * 2 !== blocks.length || lines.some((line) => /^=begin\b/.test(line));
  }
  const isOpen = [
    [/(?:^|[;&|]|\b(?:then|else|do))\s*if\b/g, /(?:^|[;&|])\s*fi\b/g],
    [/(?:^|[;&|]|\b(?:then|else|do))\s*(?:while|until|for)\b.*/g, /(?:^|[;&|])\s*done\b/g],
    [/(?:^|[;&|]|\b(?:then|else|do))\s*case\b/g, /(?:^|[;&|]|;;)\s*esac\b/g],
  ].some(([from, to]) => !/^(?:pl|pm|t)$/.test(kind) && count(from!) !== count(to!));
  const isShellTest = kind === "t" && count(/(?:^|;)\s*if\b[^{]*$/g) !== count(/(?:^|[;&|])\s*fi\b/g);
  return isOpen || isShellTest || hasOpenText(lines) || lines.some((line) => /^=[a-z]\w*/.test(line));
}

const beginsDocument = /<<[-~]?\s*(["']?)([A-Za-z_]\w*)\1/;

/** A here-document whose last line is not among these, or a quote that is not closed. */
function hasOpenText(lines: readonly string[]): boolean {
  const rest = withoutDocuments(lines);
  const quotes =
    rest
      .map(withoutTexts)
      .join("\n")
      .match(/(?<!\\)["']/g) ?? [];
  return rest.some((line) => beginsDocument.test(line)) || quotes.length % 2 === 1;
}

/** Without here-documents that end among these lines. */
function withoutDocuments(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let place = 0; place < lines.length; place += 1) {
    const line = lines[place] ?? "";
    const word = beginsDocument.exec(line)?.[2];
    const end = word === undefined ? -1 : lines.findIndex((other, at) => at > place && other.trim() === word);
    kept.push(end === -1 ? line : line.replace(beginsDocument, ""));
    if (end !== -1) place = end;
  }
  return kept;
}

function withoutTexts(line: string): string {
  return line
    .replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, "_")
    .replace(/(?:^|\s)#(?!\s*(?:if|endif|define|undef|\[)).*$/, "");
}

function hunksOf(path: string, before: string, after: string): readonly Hunk[] {
  const [old, now] = [codeOf(path, before), codeOf(path, after)];
  const keyOf = (line: string): string => (closer.test(line) ? line.trimEnd() : line.replaceAll(/\s+/g, ""));
  const places = new Map<string, number[]>();
  for (const [place, line] of now.entries()) places.set(keyOf(line), [...(places.get(keyOf(line)) ?? []), place]);
  const hunks: { lines: string[]; next: number }[] = [];
  let next = 0;
  for (const [place, line] of now.entries()) {
    // Lines that are gone are told by themselves.
    while (next < old.length && !(places.get(keyOf(old[next]!))?.some((other) => other >= place) ?? false)) next += 1;
    if (next < old.length && keyOf(old[next]!) === keyOf(line)) {
      next += 1;
      continue;
    }
    const last = hunks.at(-1);
    if (last?.next === next && now[place - 1] === last.lines.at(-1)) last.lines.push(line);
    else hunks.push({ lines: [line], next });
  }
  const isCode = (line: string): boolean => !closer.test(line) && !/^\s*done_testing\b/.test(line);
  return hunks.map(({ lines, next: from }) => ({ lines, isInFront: old.slice(from).some(isCode) }));
}

function codeOf(path: string, text: string): readonly string[] {
  const lines = text.split("\n");
  return [...codeLines(path, text)].map((line) => (lines[line - 1] ?? "").replaceAll("\t", "        "));
}
