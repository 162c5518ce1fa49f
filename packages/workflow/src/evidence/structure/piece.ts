import type { Parser, SyntaxNode } from "@lezer/common";

/** A piece of code as its grammar reads it: a word, or what it is made of. Format and comments are gone. */
export interface Piece {
  readonly kind: string;
  /** Of a leaf; empty of others. */
  readonly word: string;
  readonly pieces: readonly Piece[];
}

/** How a language is read. */
export interface Grammar {
  readonly parser: Parser;
  /** Whose blanks, and what stands between their parts, are their meaning. */
  readonly verbatim: ReadonlySet<string>;
  /** Read as one word, whatever stands in them. */
  readonly whole: ReadonlySet<string>;
  /** The word of a leaf as it means the same however it is written. */
  wordOf(kind: string, word: string): Piece;
  /** A piece, made of others, as it means the same however it is written; null where nothing is left of it. */
  shape(kind: string, pieces: readonly Piece[]): Piece | null;
}

/** Nested more deeply, code is not read. */
const maxDepth = 400;

/** Ends of lines, and so of comments, in some languages and to some readers. */
const mayEndLine = /\r(?!\n)|[\v\f\u0085\u2028\u2029]/;

/** Whether grammars and languages agree on where the lines of a text end. */
export function hasPlainLines(text: string): boolean {
  return !mayEndLine.test(text);
}

/** Reads a text; null where it does not parse, or is nested beyond measure. */
export function readPiece(text: string, grammar: Grammar): Piece | null {
  if (!hasPlainLines(text)) return null;
  const tree = grammar.parser.parse(text);
  const read = (node: SyntaxNode, depth: number): Piece | null => {
    if (node.type.isError || depth > maxDepth) throw unreadable;
    const { name, from, to } = node;
    if (name.endsWith("Comment")) return null;
    if (node.firstChild === null || grammar.whole.has(name)) return grammar.wordOf(name, text.slice(from, to));
    const pieces: Piece[] = [];
    const between = (start: number, end: number): void => {
      const gap = text.slice(start, end);
      const word = grammar.verbatim.has(name) ? gap : gap.replaceAll(/\\\r?\n/g, " ").trim();
      if (word !== "") pieces.push({ kind: "", word, pieces: [] });
    };
    let at = from;
    for (let child: SyntaxNode | null = node.firstChild; child !== null; child = child.nextSibling) {
      between(at, child.from);
      at = child.to;
      const piece = read(child, depth + 1);
      if (piece !== null) pieces.push(piece);
    }
    between(at, to);
    return grammar.shape(name, pieces);
  };
  try {
    return read(tree.topNode, 0);
  } catch (error) {
    if (error === unreadable) return null;
    throw error;
  }
}

const unreadable = new Error("not read");

export function leaf(kind: string, word: string): Piece {
  return { kind, word, pieces: [] };
}

export function node(kind: string, pieces: readonly Piece[]): Piece {
  return { kind, word: "", pieces };
}

/** Equal for equal pieces only. */
export function textOf(piece: Piece): string {
  return JSON.stringify(piece, (key, value: unknown) =>
    key === "pieces" && Array.isArray(value) && value.length === 0 ? undefined : value,
  );
}

/** Whether this, or anything in it, is so. */
export function someIn(piece: Piece, isSo: (piece: Piece) => boolean): boolean {
  return isSo(piece) || piece.pieces.some((one) => someIn(one, isSo));
}

/** Without commas in front of what closes a list, where they add nothing to it. */
export function withoutLastComma(pieces: readonly Piece[]): readonly Piece[] {
  const isComma = (piece: Piece | undefined): boolean => piece?.word === ",";
  return pieces.filter((piece, at) => {
    if (!isComma(piece)) return true;
    const next = pieces[at + 1];
    const before = pieces[at - 1];
    const isLast = next === undefined || /^[)\]}>]$/.test(next.word);
    return !isLast || before === undefined || isComma(before) || /^[([{]$/.test(before.word);
  });
}

/** A text in one kind of quotes; `prefix` stands in front of them. */
export function quoted(word: string): string {
  const [, prefix = "", quotes = "", inner = ""] = /^([a-zA-Z]*)("""|'''|["'`])([\s\S]*)\2$/.exec(word) ?? [];
  if (quotes === "") return word;
  const plain = /r/i.test(prefix)
    ? inner
    : inner.replaceAll(/\\([\s\S])/g, (whole, one: string) => (/["'`]/.test(one) ? one : whole));
  return `${prefix.toLowerCase().replace("u", "")} ${JSON.stringify(plain)}`;
}
