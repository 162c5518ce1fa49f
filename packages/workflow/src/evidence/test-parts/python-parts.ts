import { pythonLoading } from "./python-loading.ts";
import { boundIn, codeOfWords, namesIn, type Part, type TestParts } from "./part.ts";

/** One logical line. */
interface Line {
  readonly indent: number;
  readonly words: readonly string[];
  /** Where it stands in the text, its indent included. */
  readonly from: number;
  readonly to: number;
}

const tokens =
  /#[^\n]*|[rbfuRBFU]{0,2}(?:"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|\\\r?\n|\r?\n[ \t\f]*|[ \t\f\r]+|[\p{L}\p{N}_]+|->|:=|\*\*=?|\/\/=?|[-+*/%@&|^<>=!]=|[^\s\p{L}\p{N}_]/gu;
const hooks =
  /^(?:setUp\w*|tearDown\w*|setup\w*|teardown\w*|pytest_\w+|pytestmark|load_tests|addCleanup|run|runTest|__\w+|asyncSetUp|asyncTearDown)$/;

/** Names that are equal after NFKC are one (Python, "Identifiers and keywords"). */
const isName = /^[\p{L}\p{N}_]+$/u;

/** Stands above the source of a piece that stands in something. */
export const ownBlock = "if 1:\n";

/** A test file of Python. */
export function pythonParts(text: string): TestParts {
  return { parts: partsOf(linesOf(text), { suites: [], text }), actsOn, loading: pythonLoading };
}

function linesOf(text: string): readonly Line[] {
  const lines: { indent: number; words: string[]; from: number; to: number }[] = [
    { indent: 0, words: [], from: 0, to: 0 },
  ];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (/^\r?\n/.test(token)) {
      const indent = token.replace(/^\r?\n/, "").replaceAll("\t", "        ").length;
      const from = index + token.indexOf("\n") + 1;
      if (depth === 0) lines.push({ indent, words: [], from, to: from });
      continue;
    }
    if (/^(?:#|\\\r?\n|[ \t\f\r])/.test(token)) continue;
    const line = lines.at(-1);
    const words = line?.words ?? [];
    if (line !== undefined) line.to = index + token.length;
    if (/^[([{]$/.test(token)) depth += 1;
    if (/^[)\]}]$/.test(token)) {
      depth = Math.max(0, depth - 1);
      if (words.at(-1) === "," && words.at(-2) !== undefined && token !== ")") words.pop();
    }
    words.push(isName.test(token) ? token.normalize("NFKC") : quoted(token));
  }
  const isDocumentation = (words: readonly string[]): boolean =>
    words.length === 1 && /^[ru]?["']/i.test(words[0] ?? "");
  return lines
    .filter(({ words }) => words.length > 0 && !isDocumentation(words))
    .map((line) => ({ ...line, words: withoutResult(line.words) }));
}

/** What a function is said to give back changes nothing of what it does, and no bases are no bases. */
function withoutResult(words: readonly string[]): readonly string[] {
  if (words[0] === "class" && words[2] === "(" && words[3] === ")") return [...words.slice(0, 2), ...words.slice(4)];
  const from = /^(?:def|async)$/.test(words[0] ?? "") && words.at(-1) === ":" ? words.lastIndexOf("->") : -1;
  return from === -1 ? words : [...words.slice(0, from), ":"];
}

/** In one kind of quotes, whichever the text has. */
function quoted(token: string): string {
  const [, prefix = "", value] = /^([rbfu]{0,2})'(?!'')((?:[^'"\\]|\\[^'"])*)'$/i.exec(token) ?? [];
  return value === undefined ? token : `${prefix}"${value}"`;
}

/** Where a statement stands. */
interface Place {
  readonly suites: readonly string[];
  /** Of the file. */
  readonly text: string;
}

function partsOf(lines: readonly Line[], { suites, text }: Place): readonly Part[] {
  return statementsOf(lines).flatMap((statement): readonly Part[] => {
    const code = codeOf(statement);
    const source = sourceOf(statement, text);
    const head = statement.find(({ words }) => words[0] !== "@");
    const about = { name: "", suites, source };
    if (head === undefined) return [{ ...about, kind: "statement", code, binds: [] }];
    const [first = "", second = ""] = head.words[0] === "async" ? head.words.slice(1) : head.words;
    if (first === "def") {
      const isTest = second.startsWith("test");
      const name = [...suites, second].join(" > ");
      if (isTest) return [{ ...about, kind: "test", code, name, binds: [second] }];
      return [{ ...about, kind: "declaration", code, binds: [second] }];
    }
    if (first === "class") return classParts(statement, head, { ...about, code, bind: second, text });
    if (first === "from" || first === "import") return importsOf(head.words, about);
    const names = assigned(head.words);
    if (names.length > 0) return [{ ...about, kind: "declaration", code, binds: names }];
    return code.startsWith("if __name__ ==") ? [] : [{ ...about, kind: "statement", code, binds: [] }];
  });
}

/** A class that holds tests is a suite; any other is one piece. */
function classParts(
  statement: readonly Line[],
  head: Line,
  { code, bind, text, ...about }: Pick<Part, "name" | "code" | "source"> & Place & { readonly bind: string },
): readonly Part[] {
  const at = statement.indexOf(head);
  const body = statement.slice(at + 1);
  if (!body.some(({ words }) => words.includes("def") && words.some((word) => word.startsWith("test")))) {
    return [{ ...about, kind: "declaration", code, binds: [bind] }];
  }
  const declared = codeOf(statement.slice(0, at + 1));
  const header: Part = { ...about, kind: "declaration", code: declared, binds: [bind], source: "" };
  return [header, ...partsOf(body, { suites: [...about.suites, bind], text })];
}

/** One that stands in something is read in a block of its own. */
function sourceOf(statement: readonly Line[], text: string): string {
  const source = text.slice(statement[0]?.from, statement.at(-1)?.to);
  return (statement[0]?.indent ?? 0) > 0 ? `${ownBlock}${source}` : source;
}

/** Lines with those that are indented below them, and decorators with what they stand above. */
function statementsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const statements: Line[][] = [];
  const indent = lines[0]?.indent ?? 0;
  const isClause = ({ words }: Line): boolean => /^(?:else|elif|except|finally)$/.test(words[0] ?? "");
  let isDecorated = false;
  for (const line of lines) {
    const current = statements.at(-1);
    if (current !== undefined && (line.indent > indent || isDecorated || isClause(line))) current.push(line);
    else statements.push([line]);
    isDecorated = line.indent <= indent && line.words[0] === "@";
  }
  return statements;
}

/** Lines with their depth instead of their indent. */
function codeOf(lines: readonly Line[]): string {
  const levels = [...new Set(lines.map(({ indent }) => indent))].toSorted((one, other) => one - other);
  return lines.map(({ indent, words }) => `${"> ".repeat(levels.indexOf(indent))}${codeOfWords(words)}`).join("\n");
}

/** One for each name, so that another one is an addition. */
function importsOf(words: readonly string[], about: Pick<Part, "name" | "suites" | "source">): readonly Part[] {
  const at = words.indexOf("import");
  const from = words.slice(0, Math.max(0, at)).join(" ");
  const list = words
    .slice(at + 1)
    .filter((word) => word !== "(" && word !== ")")
    .join(" ");
  return list
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => {
      const bind = / as (\S+)$/.exec(one)?.[1] ?? one.split(" ", 1)[0] ?? one;
      return { ...about, kind: "import", code: `${from} import ${one}`, binds: [bind], source: "" };
    });
}

/** Names on the left of an assignment; none where it is none, or one to a part of something. */
function assigned(words: readonly string[]): readonly string[] {
  const at = words.indexOf("=");
  const left = words.slice(0, words.includes(":") && words.indexOf(":") < at ? words.indexOf(":") : at);
  const isPlain = at > 0 && left.every((word) => /^[\p{L}_][\p{L}\p{N}_]*$|^[,()]$/u.test(word));
  return isPlain ? left.filter((word) => /^[\p{L}_]/u.test(word)) : [];
}

/**
 * What is named again takes the place of what was so named. Names that tests use without a meaning of their own stand
 * for fixtures, members of the class and what the language gives.
 */
function actsOn(added: Part, parts: readonly Part[]): boolean {
  if (added.kind === "statement") return true;
  // It may hold any name that the tests use.
  if (added.kind === "import" && added.binds.includes("*")) return true;
  const [here, top] = [boundIn(parts, added.suites), boundIn(parts, [])];
  const isUsed = (name: string): boolean =>
    parts.some(
      ({ code }) =>
        namesIn(code).has(name) && !new RegExp(`(?:^|> | as |for )${name}(?: =| :|\\n| in)`, "m").test(code),
    );
  const isFree = (name: string): boolean => added.kind !== "test" && !top.has(name) && isUsed(name);
  return (
    /\bautouse\b/.test(added.code) || added.binds.some((name) => here.has(name) || hooks.test(name) || isFree(name))
  );
}
