import jsTokens, { type JSXToken, type Token } from "js-tokens";

/** Numbers, from 1, of the lines of a text that hold more than blanks and comments. */
export function codeLines(path: string, text: string): ReadonlySet<number> {
  const kind = extensionOf(path);
  if (slashed.has(kind)) return new Set(tokenLines(text).keys());
  const isComment = hashed.has(kind) ? /^\s*(?:#|$)/ : /^\s*$/;
  return linesWhere(text, (line) => !isComment.test(line));
}

/**
 * Numbers of the lines that a tool which counts statements may count: of `codeLines` those that are more than closing
 * brackets, a static import or export of another module, a declaration of types, or a text that documents.
 */
export function executableLines(path: string, text: string): ReadonlySet<number> {
  const kind = extensionOf(path);
  if (isDeclarationFile(path)) return new Set();
  if (javaScript.has(kind)) return withoutDeclarations(text, kind.includes("ts"));
  return kind === "py" ? withoutDocstrings(text) : codeLines(path, text);
}

/** Numbers of the lines that make a module more than empty: `executableLines`, and those that hand on another module. */
export function workingLines(path: string, text: string): ReadonlySet<number> {
  const handedOn = /^\s*export\b.*\bfrom\s*["']/;
  const nothing = /^\s*(?:pass|\.\.\.|;|["']use strict["'];?)\s*(?:#.*|\/\/.*)?$/;
  const lines = text.split("\n");
  const isKind = (line: number, kind: RegExp): boolean => kind.test(lines[line - 1] ?? "");
  const working = [...executableLines(path, text)].filter((line) => !isKind(line, nothing));
  const handed = [...codeLines(path, text)].filter((line) => isKind(line, handedOn));
  return new Set([...working, ...handed]);
}

/** Whether a file is of a language whose comments are told from its code, or a program whose name has no ending. */
export function isCode(path: string): boolean {
  const kind = extensionOf(path);
  return slashed.has(kind) || hashed.has(kind) || !path.slice(path.lastIndexOf("/") + 1).includes(".");
}

/** The kind of a file, by which it is told whether a report measures files like it. */
export function measuredKind(path: string): string {
  const kind = extensionOf(path);
  return javaScript.has(kind) ? "js" : kind;
}

export function isDeclarationFile(path: string): boolean {
  return /\.d\.(?:[^/]+\.)?[cm]?ts$/.test(path);
}

/** What follows the last dot of the name; the name where there is none. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.slice(name.lastIndexOf(".") + 1);
}

const javaScript: ReadonlySet<string> = new Set(["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"]);

/** Their comments, texts and brackets are those of JavaScript, or near enough for lines. */
const slashed: ReadonlySet<string> = new Set([
  ...javaScript,
  "c",
  "h",
  "cc",
  "cpp",
  "hpp",
  "cs",
  "java",
  "kt",
  "go",
  "rs",
  "swift",
  "scala",
  "dart",
  "groovy",
  "php",
]);

const hashed: ReadonlySet<string> = new Set([
  "py",
  "pyi",
  "rb",
  "sh",
  "bash",
  "zsh",
  "bats",
  "t",
  "pl",
  "pm",
  "r",
  "ex",
  "exs",
  "jl",
  "tcl",
]);

const silent: ReadonlySet<string> = new Set([
  "WhiteSpace",
  "LineTerminatorSequence",
  "SingleLineComment",
  "MultiLineComment",
  "HashbangComment",
]);

/** By line: what stands there of code, and how deep in brackets the line ends. Texts between tags of JSX are no code. */
export function tokenLines(text: string, jsx = false): ReadonlyMap<number, { code: string; depth: number }> {
  const lines = new Map<number, { code: string; depth: number }>();
  let [line, depth] = [1, 0];
  const tokens: Iterable<Token | JSXToken> = jsx ? jsTokens(text, { jsx: true }) : jsTokens(text);
  for (const { type, value } of tokens) {
    const first = line;
    line += type === "WhiteSpace" ? 0 : value.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
    if (silent.has(type)) {
      const here = lines.get(first);
      if (here && line === first) here.code += " ";
      continue;
    }
    if (type === "Punctuator" && /^[([{]$/.test(value)) depth += 1;
    if (type === "Punctuator" && /^[)\]}]$/.test(value)) depth -= 1;
    if (type === "TemplateHead") depth += 1;
    if (type === "TemplateTail") depth -= 1;
    for (let at = first; at <= line; at += 1) {
      const here = lines.get(at) ?? { code: "", depth };
      lines.set(at, { code: here.code + (first === line && type !== "JSXText" ? value : "text"), depth });
    }
  }
  return lines;
}

const closing = /^[\])}>;,\s]*$/;
const moduleDeclaration = /^(?:import\b(?!\s*[.(])|export\s*(?:\*|\{))/;
const typeDeclaration = /^(?:export\s+)?(?:(?:interface|type)\s+[\w$]|declare\s+\w|import\s+type\b)/;

function withoutDeclarations(text: string, hasTypes: boolean): ReadonlySet<number> {
  const kept = new Set<number>();
  let isIn: "code" | "module" | "types" = "code";
  let before = 0;
  for (const [number, { code, depth }] of tokenLines(text)) {
    const words = code.trim();
    const continues = /^[|&?:=.]/.test(words);
    if (before <= 0 && !(isIn === "types" && continues)) {
      const isTypes = hasTypes && typeDeclaration.test(words);
      isIn = isTypes ? "types" : moduleDeclaration.test(words) ? "module" : "code";
    }
    if (isIn === "code" && !closing.test(words)) kept.add(number);
    before = isIn === "types" && depth <= 0 && /(?:[=|&:?,]|=>)$/.test(words) ? 1 : depth;
  }
  return kept;
}

/** Comments, texts in three quotes and in one, ends of lines, and what stands between them. */
const pythonParts =
  /#[^\n]*|("""|''')(?:\\[\s\S]|(?!\1)[^\\])*(?:\1|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\n|[^#"'\n]+/g;

function withoutDocstrings(text: string): ReadonlySet<number> {
  const kept = new Set<number>();
  let [number, before] = [1, ""];
  for (const [part, quotes] of text.matchAll(pythonParts)) {
    const first = number;
    number += part.split("\n").length - 1;
    const isDocstring = quotes !== undefined && /^\s*[rRuU]?$/.test(before);
    before = part === "\n" ? "" : before + part;
    if (isDocstring) kept.delete(first);
    if (isDocstring || part.startsWith("#") || closing.test(part)) continue;
    for (let at = first; at <= number; at += 1) kept.add(at);
  }
  return kept;
}

function linesWhere(text: string, holds: (line: string) => boolean): ReadonlySet<number> {
  return new Set(text.split("\n").flatMap((line, index) => (holds(line) ? [index + 1] : [])));
}
