import type { Part } from "../test-parts/part.ts";
import { readPiece, someIn } from "./piece.ts";
import { scriptGrammar, type ScriptNames } from "./script-grammar.ts";

const asserting = /"(?:node:)?assert(?:\/strict)?"/;
const testing = /"(?:chai|vitest|@jest\/globals|bun:test|expect)"/;
const waited = /^(?:rejects|doesNotReject) /;
const required = /^(?:const|let|var) [\w$]+ = require \( "(?:node:)?assert(?:\/strict)?" \)(?: \. strict)?$/;

/**
 * What a file's own imports and declarations say of the names in it: which assert, and which of its functions give nothing
 * back. A name that is given more than one meaning is neither.
 */
export function scriptNames(parts: readonly Part[], dialect: "ts" | "ts jsx"): ScriptNames {
  const bound = Map.groupBy(
    parts.flatMap((part) => part.binds.map((name) => ({ name, part }))),
    ({ name }) => name,
  );
  const assertions = new Set(bound.has("expect") ? [] : ["expect"]);
  for (const [name, [first, ...others]] of bound) {
    if (first !== undefined && others.length === 0 && isAssertion(name, first.part)) assertions.add(name);
  }
  const isSilent = ({ kind, source, suites }: Part): boolean => {
    if (
      kind !== "declaration" ||
      suites.length > 0 ||
      !/^(?:export )?(?:const [\w$]+ = \(|function [\w$])/.test(source)
    )
      return false;
    const piece = readPiece(source, scriptGrammar(dialect, { assertions, silent: new Set() }));
    const isGiven = ({ kind: inner, word }: { readonly kind: string; readonly word: string }): boolean =>
      inner === "ReturnStatement" || word === "async" || word === "*" || word === "?.";
    const isFunction =
      piece?.pieces[0]?.kind === "FunctionDeclaration" || piece?.pieces[0]?.pieces.at(-1)?.kind === "ArrowFunction";
    return piece !== null && isFunction && !someIn(piece, isGiven);
  };
  const silent = new Set<string>();
  for (const [name, [first, ...others]] of bound) {
    if (first !== undefined && others.length === 0 && isSilent(first.part)) silent.add(name);
  }
  return { assertions, silent };
}

function isAssertion(name: string, { kind, code }: Part): boolean {
  if (kind === "declaration") return required.test(code);
  if (kind !== "import" || waited.test(code)) return false;
  if (asserting.test(code)) return name !== "expect";
  return testing.test(code) && code.startsWith(`${name} from "`) && (name === "assert" || name === "expect");
}
