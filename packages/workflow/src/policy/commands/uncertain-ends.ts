import { forEachChild, type SyntaxNode } from "unbash";

/**
 * Tells where bash may find the end of a part of a text elsewhere than the parser does: what the parser takes for text
 * behind that place bash would run. The parser looks for an end first and reads what is within later; bash reads once.
 * - `ls 2>(id)`: a process substitution behind a number or `{name}` is one for bash, and a word for the parser.
 * - `$[1+<<E`: nothing but a bracket ends such a sum for bash, for the parser a here-document begins in it.
 * - `a=(@(x)` or `a=(x)y`, and lines behind: bash refuses it, and runs each line of the list as a command.
 * - `${x:-<(ls # '` and a line break: bash reads a process substitution as a script, even between double quotes, and
 *   so skips the comment; the parser takes its quote for one that opens.
 * - `${x:-$$'\'}`: for bash `$$` is the number of a process, for the parser its second `$` changes the quote.
 * - `$((${x#))}`: bash counts nothing but parentheses in a sum, the parser skips what braces hold.
 * Where a part ends without its bracket, or holds one that would have ended it, the parser itself has read it twice.
 */
export function hasUncertainEnd(node: SyntaxNode): boolean {
  switch (node.type) {
    case "Word":
      return opening.test(node.text) && opening.test(literalText(node));
    case "Assignment":
      return node.value.type === "Word" && literalText(node.value).includes("(");
    case "ArrayValue":
      return node.elements.some((element) => literalText(element).includes("("));
    case "ParameterExpansion":
      return (
        (node.text.startsWith("${") && !/^[^}]*\}$/u.test(literalText(node))) ||
        (uncertainInParameters.test(node.text) && uncertainInParameters.test(without(isCommand, node, node.text)))
      );
    case "ArithmeticExpansion":
      return !isPlainSum(without(isCommand, node, node.text), true);
    case "ArithmeticCommand":
      return !isPlainSum(without(isCommand, node, node.body), false);
    case "ArithmeticWord":
      return !isPlainSum(without(isCommand, node, node.value), false);
    case "TestBinary":
      return node.operator === "=~" && node.right.text.includes("$$'");
    default:
      return false;
  }
}

/** What opens a part, and is no literal text wherever it stands in a word. */
const opening = /[<>]\(|\$[[({]/u;
/** Process substitutions other than plain ones, and quotes behind the number of a process. */
const uncertainInParameters = /[<>]\((?![^#'"\\`(){}<]*\))|\$\$'/u;

/** Parentheses, brackets and quotes in it end where they seem to, whoever reads it; `isWhole`: and it with the last. */
function isPlainSum(text: string, isWhole: boolean): boolean {
  const bare = text.replaceAll(/'[^'"\\`()[\]\n]*'|"[^'"\\`()[\]\n]*"/gu, "");
  if (/['"\\`]/u.test(bare)) return false;
  const opened: string[] = [];
  for (const { 0: bracket, index } of bare.matchAll(/[()[\]]/gu)) {
    if (bracket === "(" || bracket === "[") {
      opened.push(bracket);
      continue;
    }
    if (opened.pop() !== (bracket === ")" ? "(" : "[")) return false;
    if (isWhole && opened.length === 0 && index < bare.length - 1) return false;
  }
  return opened.length === 0;
}

const isCommand = ({ type }: SyntaxNode): boolean => type === "CommandExpansion";

const opaque: ReadonlySet<string> = new Set([
  "AnsiCQuoted",
  "ArithmeticExpansion",
  "CommandExpansion",
  "DoubleQuoted",
  "LocaleString",
  "ParameterExpansion",
  "ProcessSubstitution",
  "SingleQuoted",
]);
const isOpaque = ({ type }: SyntaxNode): boolean => opaque.has(type);

/** What stands in it for itself, without what a backslash escapes. */
const literalText = (node: SyntaxNode & { readonly text: string }): string =>
  without(isOpaque, node, node.text).replaceAll(/\\[^]/gu, "");

/** The text of a node with `0` in the place of each outermost part of a kind. */
function without(isCut: (node: SyntaxNode) => boolean, node: SyntaxNode, text: string): string {
  let own = "";
  let from = 0;
  for (const part of partsOf(node, isCut)) {
    const at = text.indexOf(part, from);
    if (at < 0) return text;
    own += `${text.slice(from, at)}0`;
    from = at + part.length;
  }
  return own + text.slice(from);
}

function partsOf(node: SyntaxNode, isCut: (node: SyntaxNode) => boolean, texts: string[] = []): readonly string[] {
  forEachChild(node, (child) => {
    if (isCut(child) && "text" in child) texts.push(child.text);
    else partsOf(child, isCut, texts);
  });
  return texts;
}
