/** What inverts a test in node:test, vitest and jest: it passes by failing. */
const word = String.raw`(?:fails|failing|expectFailure)`;
const isOff = String.raw`(?!\s*:\s*(?:false|undefined|null)\b)`;
const literal = /(["'`])((?:\\.|(?!\1)[^\\\n])*)\1/y;
/** `it.fails(`, `it["fails"](`, whatever `it` is called. */
const chained = new RegExp(
  String.raw`[\w$)\]]\s*(?:\?\.|\.)\s*${word}\b|[\w$)\]]\s*(?:\?\.)?\[\s*["'\x60]${word}["'\x60]\s*\]`,
  "g",
);
/** `("a", { fails: true`, the options of a test with its name. */
const optional = new RegExp(
  String.raw`\(\s*(["'\x60])((?:\\.|(?!\1)[^\\\n])*)\1\s*,\s*\{[^{}]*?\b(?:fails|expectFailure)\b["']?(?=\s*[:,}])${isOff}`,
  "g",
);
const lineOfComment = /^[ \t]*(?:\/[/*]|\*).*$/gm;
const placeholder = /%[a-zA-Z#$%]|\$\{[^}]*\}|\$[\w.#]+/g;
/**
 * Whether the text of a JavaScript test file says of a test, or of a suite of it, that its failure is its success. False
 * where the text names no such test by a literal.
 */
export function declaresExpectedFailure(text: string): (identity: string, file: string) => boolean {
  if (!mayHold(text)) return () => false;
  const code = text.replaceAll(lineOfComment, "");
  const names = [...namesBehindCalls(code), ...[...code.matchAll(optional)].map(([, , name = ""]) => name)]
    .map(patternOf)
    .filter((pattern) => pattern !== null);
  return (identity, file) =>
    identity.split(" > ").some((part) => part !== file && names.some((pattern) => pattern.test(part)));
}

function mayHold(text: string): boolean {
  return /\b(?:fails|failing|expectFailure)\b/.test(text);
}

/** The names that follow `.fails(` and `.fails.each(…)(`. */
function namesBehindCalls(text: string): readonly string[] {
  return [...text.matchAll(chained)].flatMap((match) => {
    let at = match.index + match[0].length;
    for (let calls = 0; calls < 3; calls += 1) {
      at += /^(?:\s*\.\w+)*\s*/.exec(text.slice(at, at + 200))?.[0].length ?? 0;
      if (text[at] === "`") {
        at = pastLiteral(text, at);
        continue;
      }
      if (text[at] !== "(") return [];
      const first = at + 1 + (/^\s*/.exec(text.slice(at + 1, at + 201))?.[0].length ?? 0);
      literal.lastIndex = first;
      const name = literal.exec(text)?.[2];
      if (name !== undefined) return [name];
      at = pastCall(text, at);
    }
    return [];
  });
}

function pastLiteral(text: string, at: number): number {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === "\\") end += 1;
    else if (text[end] === quote) return end + 1;
  }
  return text.length;
}

/** Behind the bracket that closes the one at `at`. */
function pastCall(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const sign = text[end] ?? "";
    if (`"'\``.includes(sign)) end = pastLiteral(text, end) - 1;
    else if ("([{".includes(sign)) depth += 1;
    else if (")]}".includes(sign)) {
      depth -= 1;
      if (depth === 0) return end + 1;
    }
  }
  return text.length;
}

/** A name as it is written, with anything in the place of parameters; null where it is nothing but parameters. */
function patternOf(name: string): RegExp | null {
  const parts = name.replaceAll(/\\(.)/g, "$1").split(placeholder);
  if (parts.every((part) => part.trim() === "")) return null;
  const escaped = parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(String.raw`^\s*${escaped.join(".*").trim()}\s*$`, "su");
}
