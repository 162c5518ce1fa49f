import { parser } from "@lezer/javascript";
import { type Grammar, leaf, node, type Piece, quoted, someIn, withoutLastComma } from "./piece.ts";

/** JavaScript or TypeScript, with what is known of the names that a file uses. */
export interface ScriptNames {
  /** Assert, and give nothing back that anyone waits for. */
  readonly assertions: ReadonlySet<string>;
  /** Functions of the file itself that give nothing back. */
  readonly silent: ReadonlySet<string>;
}

export function scriptGrammar(dialect: "ts" | "ts jsx", names: ScriptNames): Grammar {
  return {
    parser: parser.configure({ dialect }),
    verbatim: new Set(["TemplateString"]),
    whole: new Set(["String"]),
    wordOf,
    shape: (kind, pieces) => shape(kind, pieces, names),
  };
}

function wordOf(kind: string, word: string): Piece {
  if (kind === "String") return leaf("String", quoted(word));
  if (kind === "TemplateString" && !/[\n\\]/.test(word)) return leaf("String", quoted(word));
  if (kind === "JSXAttributeValue") return leaf(kind, quoted(word));
  if (kind === "JSXText") return leaf(kind, word.replaceAll(/\s+/g, " ").trim());
  if (kind === "Number")
    return leaf(
      kind,
      /^(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(word) ? String(Number(word)) : word.toLowerCase(),
    );
  return leaf(kind, word);
}

const bracketed = /^[(){}]$/;

function shape(kind: string, given: readonly Piece[], names: ScriptNames): Piece | null {
  const isChain = kind === "MemberExpression" || kind === "CallExpression";
  const isOptional = (piece: Piece): boolean => someIn(piece, ({ word }) => word === "?.");
  const pieces = withoutLastComma(given)
    .filter(({ word }) => !bracketed.test(word) && (word !== ";" || kind === "ForSpec"))
    .map((piece) => {
      const [inner] = piece.kind === "ParenthesizedExpression" ? piece.pieces : [];
      return inner === undefined || (isChain && isOptional(inner)) ? piece : inner;
    });
  switch (kind) {
    case "IfStatement":
    case "WhileStatement":
    case "ForStatement":
    case "DoStatement":
    case "WithStatement":
      return node(kind, withBlocks(kind, pieces));
    case "ArrowFunction":
      return arrow(pieces, names);
    case "CallExpression":
      return node(
        kind,
        testWords.has(rootOf(node(kind, pieces)))
          ? pieces.map((one) => (one.kind === "ArgList" ? callbacks(one) : one))
          : pieces,
      );
    case "ObjectType":
    case "InterfaceBody":
      return node(
        kind,
        pieces.filter(({ word }) => word !== ","),
      );
    case "UnionType":
    case "IntersectionType":
      return node(kind, /^[|&]$/.test(pieces[0]?.word ?? "") ? pieces.slice(1) : pieces);
    case "Property":
      return node(kind, property(pieces));
    case "PatternProperty":
      return node(
        kind,
        pieces.map((one, at) => (at === 0 ? named(one, pieces[1]) : one)),
      );
    default:
      return node(kind, pieces);
  }
}

const testWords: ReadonlySet<string> = new Set(
  "test it specify bench before beforeEach beforeAll after afterEach afterAll".split(" "),
);
const statement = /(?:Statement|Declaration)$/;

/** A body of one statement stands in a block as well. */
function withBlocks(kind: string, pieces: readonly Piece[]): readonly Piece[] {
  return pieces.map((one, at) => {
    const isElseIf = kind === "IfStatement" && one.kind === "IfStatement" && pieces[at - 1]?.word === "else";
    return statement.test(one.kind) && !isElseIf ? node("Block", [one]) : one;
  });
}

function property(pieces: readonly Piece[]): readonly Piece[] {
  const [first, ...rest] = pieces;
  if (first?.kind !== "PropertyDefinition" && first?.kind !== "String") return pieces;
  if (rest.length === 0) return [first, leaf(":", ":"), leaf("VariableName", first.word)];
  return [named(first, rest[0]), ...rest];
}

/** `{ "a": 1 }` and `{ a: 1 }` are one. */
function named(first: Piece, next: Piece | undefined): Piece {
  const name =
    first.kind === "String" && next?.word === ":" ? /^ "([A-Za-z_$][\w$]*)"$/.exec(first.word)?.[1] : undefined;
  return name === undefined ? first : leaf("PropertyDefinition", name);
}

/** A body that is an expression gives it back, or nothing where that is nothing. */
function arrow(pieces: readonly Piece[], names: ScriptNames): Piece {
  const body = pieces.at(-1);
  if (body === undefined) return node("ArrowFunction", pieces);
  const block = body.kind === "Block" ? body : node("Block", [returned(body)]);
  return node("ArrowFunction", [
    ...pieces.slice(0, -1),
    withTail(block, (value) => (isSilent(value, names) ? stated(value) : null)),
  ]);
}

/** What a callback of a test gives back is only waited for. */
function callbacks({ pieces }: Piece): Piece {
  return node(
    "ArgList",
    pieces.map((one) => {
      if (one.kind !== "ArrowFunction") return one;
      const isAsync = one.pieces[0]?.word === "async";
      const tail = (value: Piece): Piece | null => {
        if (isAsync)
          return stated(
            value.kind === "AwaitExpression" ? value : node("AwaitExpression", [leaf("await", "await"), value]),
          );
        return isSynchronousChain(value) ? stated(value) : null;
      };
      return node(
        one.kind,
        one.pieces.map((part) => (part.kind === "Block" ? withTail(part, tail) : part)),
      );
    }),
  );
}

function returned(value: Piece): Piece {
  return node("ReturnStatement", [leaf("return", "return"), value]);
}

function stated(value: Piece): Piece {
  return node("ExpressionStatement", [value]);
}

/** A block whose last statement gives a value back, with what stands in the place of that. */
function withTail(block: Piece, replaced: (value: Piece) => Piece | null): Piece {
  const last = block.pieces.at(-1);
  const value = last?.kind === "ReturnStatement" ? last.pieces[1] : undefined;
  const tail = value === undefined ? null : replaced(value);
  return tail === null ? block : node("Block", [...block.pieces.slice(0, -1), tail]);
}

/** A call of an assertion, or of a function of the file, that gives nothing back. */
function isSilent(value: Piece, names: ScriptNames): boolean {
  if (value.kind !== "CallExpression") return false;
  const [callee] = value.pieces;
  if (callee?.kind === "VariableName" && names.silent.has(callee.word)) return true;
  return assertsAtOnce(value, names) && !isSynchronousChain(value);
}

/** Whether a call asserts, and is done when it comes back. */
export function assertsAtOnce(call: Piece, { assertions }: ScriptNames): boolean {
  const root = rootOf(call);
  if (call.kind !== "CallExpression" || !assertions.has(root)) return false;
  const members = membersOf(call);
  if (root !== "expect") return members.every((name) => !waited.test(name));
  return (
    members.length > 0 &&
    isMatcher.test(members.at(-1)!) &&
    members.slice(0, -1).every((name) => /^(?:not|soft)$/.test(name))
  );
}

const waited = /^(?:rejects|doesNotReject|eventually|resolves|poll)$/;
const isMatcher =
  /^(?:toBe\w*|toEqual|toStrictEqual|toMatch|toMatchObject|toContain\w*|toHave(?:Length|Property|BeenCalled\w*|BeenLastCalledWith|BeenNthCalledWith|Returned\w*|LastReturnedWith|NthReturnedWith)|toThrow\w*)$/;
const isWordOfChain =
  /^(?:to|be|been|is|that|which|and|has|have|with|at|of|same|but|does|still|also|not|deep|nested|own|ordered|any|all|a|an|ok|true|false|null|undefined|NaN|exist|empty|equal|equals|eq|eql|eqls|above|gt|least|gte|below|lt|most|lte|within|instanceof|instanceOf|property|lengthOf|length|match|string|keys|key|throw|throws|include|includes|contain|contains|members|closeTo|approximately|oneOf|greaterThan|lessThan|greaterThanOrEqual|lessThanOrEqual)$/;

/** `expect(x).to.equal(y)`: gives back more of the chain, which nobody waits for. */
function isSynchronousChain(call: Piece): boolean {
  const members = membersOf(call);
  return (
    rootOf(call) === "expect" &&
    members.length > 1 &&
    members.includes("to") &&
    members.every((name) => isWordOfChain.test(name))
  );
}

/** The name at which a chain of members and calls begins; empty where it begins with something else. */
export function rootOf(piece: Piece): string {
  let at = piece;
  while (/^(?:CallExpression|MemberExpression)$/.test(at.kind) && at.pieces[0] !== undefined) at = at.pieces[0];
  return at.kind === "VariableName" ? at.word : "";
}

/** The names of the members on a chain, the outermost last. */
function membersOf(piece: Piece): readonly string[] {
  const names: string[] = [];
  let at: Piece | undefined = piece;
  while (at !== undefined && /^(?:CallExpression|MemberExpression)$/.test(at.kind)) {
    if (at.kind === "MemberExpression")
      names.push(at.pieces.at(-1)?.kind === "PropertyName" ? at.pieces.at(-1)!.word : "");
    at = at.pieces[0];
  }
  return names.toReversed();
}
