import { extensionOf, measuredKind } from "../code-lines.ts";
import type { Part } from "../test-parts/part.ts";
import { type Grammar, type Piece, readPiece, someIn, textOf } from "./piece.ts";
import { ownBlock } from "../test-parts/python-parts.ts";
import { pythonGrammar } from "./python-grammar.ts";
import { scriptGrammar, type ScriptNames } from "./script-grammar.ts";
import { scriptNames } from "./script-names.ts";

/** The structure of pieces of one text of a test file. */
export interface Structures {
  /** Null where the piece does not parse, or no more is read. */
  of(part: Part): Piece | null;
  /** As `of`, in a text that is equal for equal structures only. */
  textOf(part: Part): string | null;
  /** Names that assert, in a script. */
  readonly assertions: ReadonlySet<string>;
}

/** Code of one file that is read for its structure: what is longer is compared word by word. */
const maxBytes = 64 * 1024;

/** Null for a language that has no grammar here, or whose statements are not told apart. */
export function structuresOf(path: string, parts: readonly Part[]): Structures | null {
  const language = languageOf(path, parts);
  if (language === null) return null;
  const known = new Map<Part, Piece | null>();
  let left = maxBytes;
  const of = (part: Part): Piece | null => {
    const found = known.get(part);
    if (found !== undefined) return found;
    left -= part.source.length;
    const piece = left < 0 || part.source === "" ? null : language.read(part);
    known.set(part, piece);
    return piece;
  };
  return {
    of,
    textOf(part) {
      const piece = of(part);
      return piece === null ? null : textOf(piece);
    },
    get assertions() {
      return language.assertions;
    },
  };
}

/** Where a name that asserts elsewhere means something else. */
const noNames: ScriptNames = { assertions: new Set(), silent: new Set() };

interface Language {
  read(part: Part): Piece | null;
  readonly assertions: ReadonlySet<string>;
}

/** What the names of a script mean is looked up once, when something is first read. */
function languageOf(path: string, parts: readonly Part[]): Language | null {
  const kind = measuredKind(path);
  if (kind === "py") return { read: readPython, assertions: new Set() };
  if (kind !== "js") return null;
  const dialect = /^[cm]?ts$/.test(extensionOf(path)) ? "ts" : "ts jsx";
  let names: ScriptNames | null = null;
  let grammar: Grammar | null = null;
  const namesKnown = (): ScriptNames => (names ??= scriptNames(parts, dialect));
  return {
    read({ source, binds }) {
      const { assertions, silent } = namesKnown();
      const piece = readPiece(source, (grammar ??= scriptGrammar(dialect, namesKnown())));
      const isOther = ({ kind, word }: Piece): boolean =>
        kind === "VariableDefinition" && !binds.includes(word) && (assertions.has(word) || silent.has(word));
      return piece !== null && someIn(piece, isOther) ? readPiece(source, scriptGrammar(dialect, noNames)) : piece;
    },
    get assertions() {
      return namesKnown().assertions;
    },
  };
}

/** Without the block that a piece which stands in something is given. */
function readPython({ source }: Part): Piece | null {
  const piece = readPiece(source, pythonGrammar);
  const block = piece?.pieces[0];
  return source.startsWith(ownBlock) ? (block?.pieces.at(-1)?.pieces.at(-1) ?? null) : piece;
}
