import type { DoubleQuotedChild, WordPart } from "unbash";

type Part = WordPart | DoubleQuotedChild;

/** A part of a word, as far as it matters for what the word may become. */
export type Piece = { readonly isQuoted: boolean } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly isList: boolean; readonly fallback: string | null }
  | { readonly kind: "lookup"; readonly program: string }
  | { readonly kind: "path" }
  | { readonly kind: "unknown" }
);

/** Takes a word apart; what is of no help is `unknown`. */
export function piecesOf(parts: readonly Part[], isQuoted: boolean): readonly Piece[] {
  return parts.flatMap((part): readonly Piece[] => {
    switch (part.type) {
      case "Literal":
        return [{ kind: "text", text: part.value, isQuoted: true }];
      case "SingleQuoted":
      case "AnsiCQuoted":
        return [{ kind: "text", text: part.value, isQuoted: true }];
      case "DoubleQuoted":
        return part.parts.length === 0 ? [{ kind: "text", text: "", isQuoted: true }] : piecesOf(part.parts, true);
      case "SimpleExpansion":
        // The job that was started last, in the shell's own words for it.
        if (part.text === "$!") return [{ kind: "text", text: "%%", isQuoted: true }];
        return [variablePiece(part.text.slice(1), null, isQuoted)];
      case "ParameterExpansion": {
        const { parameter, prefix, index, operation } = part;
        const isList = index?.text === "@" || parameter === "@";
        if (prefix !== undefined || (index !== undefined && !isList)) return [{ kind: "unknown", isQuoted }];
        if (operation === undefined) return [{ kind: "variable", name: parameter, isList, fallback: null, isQuoted }];
        const isDefault = operation.type === "Default" && /^:?[-=]$/u.test(operation.operator) && !isList;
        const fallback = isDefault && isLiteral(operation.operand.parts) ? operation.operand.value : null;
        return [fallback === null ? { kind: "unknown", isQuoted } : variablePiece(parameter, fallback, isQuoted)];
      }
      case "CommandExpansion":
        return [substitution(part.script, isQuoted)];
      default:
        return [{ kind: "unknown", isQuoted }];
    }
  });
}

function isLiteral(parts: readonly WordPart[] | undefined): boolean {
  return (parts ?? []).every(({ type }) => type === "Literal" || type === "SingleQuoted");
}

function variablePiece(name: string, fallback: string | null, isQuoted: boolean): Piece {
  return { kind: "variable", name, isList: name === "@", fallback, isQuoted };
}

type Script = NonNullable<Extract<Part, { type: "CommandExpansion" }>["script"]>;

const pathPrinting = new Set([
  "git rev-parse --show-toplevel",
  "npm bin",
  "npm root",
  "npm prefix",
  "yarn bin",
  "pnpm bin",
  "go env GOPATH",
]);

/** `$(command -v node)` stands for `node`, and some programs print a path. */
function substitution(script: Script | undefined, isQuoted: boolean): Piece {
  const command = script?.commands.length === 1 ? script.commands[0]!.command : undefined;
  if (command?.type !== "Command" || !command.name || command.prefix.length > 0) return { kind: "unknown", isQuoted };
  const words = [command.name, ...command.args].map((word) =>
    word.type === "Word" && isLiteral(word.parts) ? word.value : "$",
  );
  const text = words.join(" ");
  const program = /^(?:command -v|which|type -[pP]) ([\w.+-]+)$/u.exec(text)?.[1];
  if (program !== undefined) return { kind: "lookup", program, isQuoted };
  return { kind: pathPrinting.has(text) ? "path" : "unknown", isQuoted };
}
