import { parser } from "@lezer/python";
import { type Grammar, leaf, node, type Piece, quoted, someIn, withoutLastComma } from "./piece.ts";

/** Python. Texts that document, and what a function is said to give back, are gone as well. */
export const pythonGrammar: Grammar = {
  parser,
  verbatim: new Set(),
  whole: new Set(["String", "FormatString"]),
  wordOf(kind, word) {
    if (
      kind === "String" ||
      (kind === "FormatString" && !/["'\\]/.test(word.replace(/^\w*("""|'''|["'])([\s\S]*)\1$/, "$2")))
    ) {
      return leaf(kind, quoted(word));
    }
    return leaf(kind, kind === "Number" ? word.toLowerCase() : word);
  },
  shape,
};

const lists = /^(?:ArgList|ParamList|ArrayExpression|DictionaryExpression|SetExpression|ImportStatement)$/;

function shape(kind: string, given: readonly Piece[]): Piece | null {
  const isComparison = (piece: Piece): boolean => piece.kind === "BinaryExpression" && kind === "BinaryExpression";
  const isLongTuple = kind === "TupleExpression" && given.filter(({ word }) => word === ",").length > 1;
  const listed = lists.test(kind) || isLongTuple ? withoutLastComma(given) : given;
  const pieces = listed
    .filter(({ word }) => !/^[();]$/.test(word))
    .flatMap((piece) => {
      if (piece.kind === "StatementGroup") return piece.pieces;
      const [inner] = piece.kind === "ParenthesizedExpression" ? piece.pieces : [];
      // `(a < b) < c` is no chain.
      return inner === undefined || isComparison(inner) ? [piece] : [inner];
    });
  if (kind === "ExpressionStatement" && pieces.length === 1 && pieces[0]?.kind === "String") return null;
  if (kind === "FunctionDefinition")
    return node(
      kind,
      pieces.filter((piece) => piece.kind !== "TypeDef"),
    );
  if (kind === "ClassDefinition") {
    return node(
      kind,
      pieces.filter((piece) => piece.kind !== "ArgList" || piece.pieces.length > 0),
    );
  }
  return node(kind, pieces);
}

/** Whether a statement asserts, as the language or unittest does. */
export function assertsInPython(statement: Piece): boolean {
  if (statement.kind === "AssertStatement") return true;
  const call = statement.kind === "ExpressionStatement" ? statement.pieces[0] : undefined;
  const [callee] = call?.kind === "CallExpression" ? call.pieces : [];
  if (callee?.kind !== "MemberExpression" || callee.pieces[0]?.word !== "self") return false;
  return someIn(
    callee.pieces.at(-1) ?? leaf("", ""),
    ({ word }) => /^assert\w+$/.test(word) && !/^assert(?:Raises|Warns|Logs)/.test(word),
  );
}
