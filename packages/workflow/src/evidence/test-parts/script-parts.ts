import jsTokens, { type JSXToken, type Token } from "js-tokens";
import { scriptLoading } from "./script-loading.ts";
import { boundIn, codeOfWords, namesIn, type Part, type TestParts } from "./part.ts";

interface Word {
  readonly value: string;
  /** It is the first of its line. */
  readonly begins: boolean;
  /** Whether a line ends in front of it is read in two ways. */
  readonly isUncertain: boolean;
  readonly from: number;
  readonly to: number;
}

const testWords: ReadonlySet<string> = new Set(["test", "it", "specify", "bench"]);
const suiteWords: ReadonlySet<string> = new Set(["describe", "suite", "context"]);
const declaring =
  /^(?:export )?(?:default )?(?:declare )?(?:async )?(?:abstract )?(?:const|let|var|function|class|enum)(?: \*)?(?= |$)/;
const typing = /^(?:export )?(?:declare )?(?:interface|type|namespace) [\w$]/;
const loaded = /^(?:const|let|var) \{ ([^{}=]*) \} = ((?:require|await import) \( "[^"]*" \))$/;

/** Given by the language, its environment or the test runner: a file that declares one means another by it. */
const given: ReadonlySet<string> = new Set(
  (
    "Array Boolean Buffer Date Error Function JSON Map Math Number Object Promise Proxy Reflect RegExp Set String Symbol URL " +
    "console crypto fetch global globalThis performance process queueMicrotask require setImmediate setInterval setTimeout " +
    "structuredClone assert describe expect it jest suite test vi"
  ).split(" "),
);

/** A statement goes on behind these, and in front of those. */
const goesOnBehind =
  /^(?:[=+\-*/%&|^~!<>?:,.([{]|[-+*/%&|^<>=!]=|[=!]==|=>|\?\.|&&|\|\||\?\?|\.{3}|return|typeof|await|new|in|of|extends|from|import|export|const|let|var|async|default|else|function|class|instanceof|case)$/;
const goesOnBefore =
  /^(?:[=+\-*/%&|^<>?:,.)\]]|[-+*/%&|^<>=!]=|[=!]==|=>|\?\.|&&|\|\||\?\?|from|as|else|catch|finally|instanceof|in|of|\{)$/;
/** What stands in front of the condition of a statement that goes on behind it. */
const branching = /^(?:if|for|while|with|await)$/;
const opening = /^[([{]$/;
const closing = /^[)\]}]$/;

/** A test file of JavaScript or TypeScript. */
export function scriptParts(text: string, jsx: boolean): TestParts {
  return { parts: partsOf(wordsOf(text, jsx), { suites: [], text }), actsOn, loading: scriptLoading };
}

function wordsOf(text: string, jsx: boolean): readonly Word[] {
  const words: Word[] = [];
  let [begins, isUncertain, to] = [true, false, 0];
  const tokens: Iterable<Token | JSXToken> = jsx ? jsTokens(text, { jsx }) : jsTokens(text);
  for (const { type, value } of tokens) {
    const from = to;
    to += value.length;
    const word = type === "JSXText" ? value.replaceAll(/\s+/g, " ").trim() : value;
    if (/^(?:LineTerminatorSequence|MultiLineComment)$/.test(type) && /[\n\r\u2028\u2029]/.test(value)) {
      isUncertain ||= (type === "MultiLineComment" && !begins) || /^(?:yield|async)$/.test(words.at(-1)?.value ?? "");
      begins = true;
    }
    if (type === "WhiteSpace" || type === "LineTerminatorSequence" || type.endsWith("Comment") || word === "") continue;
    const isPlain = type === "StringLiteral" || (type === "NoSubstitutionTemplate" && !/[\n\\]/.test(value));
    words.push({ value: isPlain ? quoted(value) : word, begins, isUncertain, from, to });
    [begins, isUncertain] = [false, false];
  }
  return withEnds(words.filter(({ value }, at) => value !== "," || !closing.test(words[at + 1]?.value ?? "")));
}

/** In one kind of quotes, whichever the text has. */
function quoted(value: string): string {
  return JSON.stringify(value.slice(1, value.length > 1 ? -1 : undefined).replaceAll(/\\(["'`])/g, "$1"));
}

/** With a semicolon where the end of a line ends a statement: both sides let it, or the language demands it. */
function withEnds(words: readonly Word[]): readonly Word[] {
  const levels = [{ isBlock: true, first: "", head: "" }];
  const all: Word[] = [];
  for (const word of words) {
    const level = levels.at(-1) ?? { isBlock: false, first: "", head: "" };
    const [last = "", before = ""] = [all.at(-1)?.value, all.at(-2)?.value];
    const isHead = last === ")" && branching.test(level.head) && level.first !== "do";
    if (level.isBlock && word.begins && /[^;{]/.test(last) && !isHead && endsBetween({ last, before }, word.value)) {
      all.push({ ...word, value: ";", begins: false, from: word.from, to: word.from });
      level.first = "";
    }
    if (word.value === ";") level.first = "";
    else if (level.first === "") level.first = word.value;
    if (word.value === "(") level.head = last;
    if (opening.test(word.value)) levels.push({ isBlock: word.value === "{", first: "", head: "" });
    if (closing.test(word.value)) levels.pop();
    all.push(word);
  }
  return all;
}

/** Whether the end of a line ends a statement between these words. */
function endsBetween({ last, before }: { readonly last: string; readonly before: string }, next: string): boolean {
  if (restricted.test(last) && !/^\??\.$/.test(before)) return true;
  const isOperand = /[\p{L}\p{N}_$)\]"`]$/u.test(last) && !goesOnBehind.test(last);
  if (/^(?:\+\+|--)$/.test(next)) return isOperand;
  if (/^(?:[([]|`)/.test(next) && isOperand) return false;
  return !(goesOnBehind.test(last) && !isEnding(last, before)) && !goesOnBefore.test(next);
}

const restricted = /^(?:return|break|continue|throw|yield|async)$/;

/** `x as const`, `x!` */
function isEnding(last: string, before: string): boolean {
  return (last === "const" && before === "as") || (last === "!" && /[\p{L}\p{N}_$)\]]$/u.test(before));
}

/** Where a statement stands. */
interface Place {
  readonly suites: readonly string[];
  /** Of the file. */
  readonly text: string;
}

function partsOf(words: readonly Word[], place: Place): readonly Part[] {
  const { suites, text } = place;
  return statementsOf(words).flatMap((statement): readonly Part[] => {
    const values = statement.map(({ value }) => value);
    const isPlain = !statement.some(({ isUncertain }, at) => at > 0 && isUncertain);
    const source = isPlain ? text.slice(statement[0]?.from, statement.at(-1)?.to) : "";
    const called = calledWith(values);
    if (called === null) return partOf(values, { suites, source });
    const body = called.kind === "suite" ? bodyOf(values) : null;
    if (body === null) return [testPart(values, [called.name], { suites, source })];
    const head = codeOf([...values.slice(0, body.from), ...values.slice(body.to)]);
    return [
      { kind: "declaration", code: head, name: "", binds: [], suites, source: "" },
      ...partsOf(statement.slice(body.from, body.to), { suites: [...suites, called.name], text }),
    ];
  });
}

function testPart(values: readonly string[], names: readonly string[], place: Pick<Part, "suites" | "source">): Part {
  const name = [...place.suites, names.join(", ")].join(" > ");
  return { kind: "test", code: codeOf(values), name, binds: [], ...place };
}

/** Statements at one level. */
function statementsOf(words: readonly Word[]): readonly (readonly Word[])[] {
  const statements: Word[][] = [];
  let depth = 0;
  let current: Word[] = [];
  for (const word of words) {
    if (depth === 0 && word.value === ";") {
      current = [];
      continue;
    }
    if (current.length === 0) statements.push(current);
    current.push(word);
    if (opening.test(word.value)) depth += 1;
    if (closing.test(word.value)) depth -= 1;
  }
  return statements;
}

/** What a statement is that calls for a test or a suite by name, modifiers such as `.only` and `.each(..)` included. */
function calledWith(values: readonly string[]): { readonly kind: "test" | "suite"; readonly name: string } | null {
  let at = values[0] === "await" ? 1 : 0;
  const word = values[at] ?? "";
  const kind = testWords.has(word) ? "test" : suiteWords.has(word) ? "suite" : null;
  if (kind === null) return null;
  for (at += 1; values[at] === "."; at += 2);
  const end = endOf(values, at);
  if (values[at] === "(" && values[end] === "(") at = end;
  const first = values[at + 1];
  return values[at] === "(" && first !== undefined ? { kind, name: plain(first) } : null;
}

function plain(word: string): string {
  if (word.startsWith('"')) return JSON.parse(word) as string;
  return word.replaceAll(/^`|`$/g, "").replace(/\$\{$/, "...");
}

/** The place behind the bracket that closes the one at `at`. */
function endOf(values: readonly string[], at: number): number {
  let depth = 0;
  for (let end = at; end < values.length; end += 1) {
    if (opening.test(values[end] ?? "")) depth += 1;
    if (closing.test(values[end] ?? "")) depth -= 1;
    if (depth === 0) return end + 1;
  }
  return values.length;
}

/** Where the body of a suite's function stands in its statement. */
function bodyOf(values: readonly string[]): { readonly from: number; readonly to: number } | null {
  const open = values.findIndex((word, at) => word === "{" && /^(?:=>|\))$/.test(values[at - 1] ?? ""));
  return open === -1 ? null : { from: open + 1, to: endOf(values, open) - 1 };
}

function partOf(values: readonly string[], place: Pick<Part, "suites" | "source">): readonly Part[] {
  const code = codeOf(values);
  const about = { name: "", ...place };
  if (/^import (?![.(])/.test(code)) return importsOf(code, about);
  const [, names, from] = loaded.exec(code) ?? [];
  if (names !== undefined && from !== undefined) return named(names, from, about);
  if (declaring.test(code)) return [{ ...about, kind: "declaration", code, binds: bound(code) }];
  if (typing.test(code)) return [{ ...about, kind: "declaration", code, binds: [] }];
  const tests = testsWithin(values);
  return tests.length > 0 ? [testPart(values, tests, place)] : [{ ...about, kind: "statement", code, binds: [] }];
}

/** Tests that a loop, a condition or a callback declares. */
function testsWithin(values: readonly string[]): readonly string[] {
  const isCall = (at: number): boolean => testWords.has(values[at - 2] ?? "") && values[at - 1] === "(";
  const names = values.filter((word, at) => /^["`]/.test(word) && isCall(at));
  return [...new Set(names.map(plain))];
}

/** One for each name, so that another one is an addition. */
function importsOf(code: string, about: Pick<Part, "name" | "suites" | "source">): readonly Part[] {
  const [, list = "", from = ""] = /^import (?:type )?(.*?) ?(?:from )?("[^"]*".*)$/.exec(code) ?? [];
  if (list === "") return [{ ...about, kind: "statement", code, binds: [] }];
  const [, outside = "", inside = ""] = /^([^{]*)(?:\{(.*)\})?/.exec(list) ?? [];
  return [...named(outside, `whole ${from}`, about), ...named(inside, from, about)];
}

function named(list: string, from: string, about: Pick<Part, "name" | "suites" | "source">): readonly Part[] {
  return list
    .split(",")
    .map((one) => one.trim().replace(/^type (?=\w)/, ""))
    .filter((one) => one !== "")
    .map((one) => {
      const code = `${one} from ${from}`;
      return { ...about, kind: "import", code, binds: [one.split(" ").at(-1) ?? one], source: "" };
    });
}

/** Names that a declaration gives a meaning to: its own, or those of its pattern. */
function bound(code: string): readonly string[] {
  const rest = code.replace(declaring, "").trim();
  if (/^[[{]/.test(rest)) return [...namesIn(rest.split(" = ", 1)[0] ?? "")];
  return /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(rest)?.slice(0, 1) ?? [];
}

/** `(a) => b` and `a => b` are one, and the last semicolon of a block is a matter of taste. */
function codeOf(values: readonly string[]): string {
  const isTaste = (at: number): boolean => values[at] === ";" && /^[;}]?$/.test(values[at + 1] ?? "");
  return codeOfWords(values.filter((_, at) => !isTaste(at) && !isAroundParameter(values, at)));
}

function isAroundParameter(values: readonly string[], at: number): boolean {
  const open = values[at] === "(" ? at : values[at] === ")" ? at - 2 : -1;
  return (
    values[open] === "(" &&
    /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(values[open + 1] ?? "") &&
    values[open + 2] === ")" &&
    values[open + 3] === "=>"
  );
}

/** Inside a suite a name can be taken from what stands outside; at the top only from what the language gives. */
function actsOn(added: Part, parts: readonly Part[]): boolean {
  if (added.kind === "test") return false;
  if (added.kind === "statement") return true;
  const levels = [...added.suites.keys(), added.suites.length].map((depth) => added.suites.slice(0, depth));
  const known = new Set(levels.flatMap((suites) => [...boundIn(parts, suites)]));
  const isUsed = (name: string): boolean => parts.some(({ code }) => namesIn(code).has(name));
  return added.binds.some((name) => known.has(name) || (given.has(name) && isUsed(name)));
}
