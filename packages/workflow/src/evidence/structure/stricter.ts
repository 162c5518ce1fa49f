import { type Piece, someIn, textOf } from "./piece.ts";
import { assertsInPython } from "./python-grammar.ts";
import { assertsAtOnce, rootOf } from "./script-grammar.ts";

/**
 * Whether the second of two tests of JavaScript or Python is the first with more assertions in its own body, which call
 * nothing that the first does not call. A test that is to fail is never so.
 */
export function isStricter(before: Piece, after: Piece, assertions: ReadonlySet<string>): boolean {
  if (someIn(before, ({ word }) => mayInvert.test(word))) return false;
  if (someIn(after, ({ kind, word }) => kind === "VariableDefinition" && assertions.has(word))) return false;
  const known = new Set(callees(before));
  const isAdded = (statement: Piece): boolean => {
    const call = waitedFor(statement);
    const asserts = assertsInPython(statement) || (call !== null && assertsAtOnce(call, { assertions, silent: none }));
    const isOwn = (callee: string): boolean =>
      known.has(callee) || harmless.has(callee) || isAssertion(callee, assertions);
    return (
      asserts &&
      !someIn(statement, ({ kind, word }) => changing.test(kind) || word === "delete") &&
      callees(statement).every(isOwn)
    );
  };
  return holds(before, after, isAdded);
}

const none: ReadonlySet<string> = new Set();
const mayInvert = /xfail|expectedFailure|expectFailure|^(?:fails|failing|todo|skip)$/;
const changing =
  /^(?:(?:Assignment|Postfix|Update|Yield|Named|TaggedTemplate|Lambda)Expression|(?!(?:Expression|Return|Assert)Statement)\w+(?:Statement|Declaration))$/;
/** Of the languages themselves. */
const harmless: ReadonlySet<string> = new Set(
  (
    "Array.from Array.isArray JSON.stringify Math.abs Math.round Number Object.entries Object.keys Object.values String " +
    "abs bool dict float int isinstance len list max min range repr round set sorted str sum tuple type"
  ).split(" "),
);

function isAssertion(callee: string, assertions: ReadonlySet<string>): boolean {
  const root = /^[\w$]+/.exec(callee)?.[0] ?? "";
  return assertions.has(root) || /^self\.assert\w+$/.test(callee);
}

/** The same, but for more statements in the body of the test itself. */
function holds(before: Piece, after: Piece, isAdded: (statement: Piece) => boolean): boolean {
  if (before.kind !== after.kind || before.word !== after.word) return false;
  if (/^(?:Block|Body)$/.test(before.kind)) return isLonger(before, after, isAdded);
  if (before.pieces.length !== after.pieces.length) return false;
  const others = before.pieces
    .map((piece, at) => [piece, after.pieces[at]!] as const)
    .filter(([one, other]) => textOf(one) !== textOf(other));
  const [only, ...rest] = others;
  return only !== undefined && rest.length === 0 && passes.test(before.kind) && holds(...only, isAdded);
}

/** What leads from a statement to the body of the test that it declares. */
const passes =
  /^(?:Script|ExpressionStatement|AwaitExpression|CallExpression|ArgList|ArrowFunction|FunctionExpression|FunctionDefinition|DecoratedStatement)$/;

function isLonger(before: Piece, after: Piece, isAdded: (statement: Piece) => boolean): boolean {
  const old = before.pieces.map(textOf);
  let at = 0;
  for (const statement of after.pieces) {
    if (at < old.length && textOf(statement) === old[at]) at += 1;
    else if (!isAdded(statement)) return false;
  }
  return at === old.length;
}

/** The call that a statement is, or waits for. */
function waitedFor(statement: Piece): Piece | null {
  const inner = statement.kind === "ExpressionStatement" ? statement.pieces[0] : undefined;
  const call = inner?.kind === "AwaitExpression" ? inner.pieces[1] : inner;
  return call?.kind === "CallExpression" ? call : null;
}

/** What is called or made in a piece, as it is written: `tax`, `cart.total`. */
function callees(piece: Piece): readonly string[] {
  const own = /^(?:CallExpression|NewExpression)$/.test(piece.kind) ? [calleeOf(piece)] : [];
  return [...own, ...piece.pieces.flatMap(callees)];
}

function calleeOf(call: Piece): string {
  const callee = call.pieces.find(({ word }) => word !== "new");
  if (callee === undefined) return "";
  return rootOf(callee) === "expect" ? "expect" : wordsOf(callee);
}

function wordsOf(piece: Piece): string {
  return piece.word !== "" ? piece.word : piece.pieces.map(wordsOf).join("");
}
