import type {
  ArithmeticWord,
  DoubleQuotedChild,
  ParameterExpansionPart,
  Redirection,
  Script,
  Word,
  WordPart,
} from "unbash";

/** A text as the shell would compute it: as a number, or as the subscript of an array. */
export interface ComputedText {
  /** False when computing the text may run a command, whatever its names hold. */
  readonly isPlain: boolean;
  /** The variables whose values would be computed with it. */
  readonly names: readonly string[];
}

export const computesNothing: ComputedText = { isPlain: true, names: [] };
export const unknownText: ComputedText = { isPlain: false, names: [] };

type Part = WordPart | DoubleQuotedChild;

/** What computing a word would reach: a substitution that quotes hide from the parser is not plain. */
export function computedWord(word: Word): ComputedText {
  return word.parts ? all(word.parts.map(computedPart)) : computedLiteral(word.value);
}

export function computedArithmetic(word: ArithmeticWord): ComputedText {
  if (!word.parts) return arithmeticLiteral(word.value);
  return all(word.parts.map((part) => (part.type === "Literal" ? arithmeticLiteral(part.text) : computedPart(part))));
}

/** The name of a variable: nothing of it is computed but its subscript. */
export function computedName(word: { readonly value: string | null; readonly computed: ComputedText }): ComputedText {
  return /^[A-Za-z_]\w*$/u.test(word.value ?? "") ? computesNothing : word.computed;
}

/** A text without expansions. A `$` in it was quoted; computing a subscript would expand it all the same. */
export function computedLiteral(text: string): ComputedText {
  return { isPlain: !/[$`]|[<>]\(/u.test(text), names: text.match(/[A-Za-z_]\w*/gu) ?? [] };
}

export function all(texts: readonly ComputedText[]): ComputedText {
  return { isPlain: texts.every(({ isPlain }) => isPlain), names: texts.flatMap(({ names }) => names) };
}

/** Programs that print a number and nothing else, when they are called so; no function may take their names. */
export const countingPrograms: ReadonlySet<string> = new Set(["wc", "grep", "date"]);

/** True when what a substitution prints is a number: a count at the end of a pipe. */
export function printsNumber(script: Script | undefined): boolean {
  const only = script?.commands.length === 1 ? script.commands[0]!.command : undefined;
  const last = only?.type === "Pipeline" ? only.commands.at(-1) : only;
  if (last?.type !== "Command" || !last.name || !last.redirects.every(isQuiet)) return false;
  const words = last.args.map((word) => (word.type === "Word" ? word : null));
  const values = words.map((word) => word?.value ?? "$");
  const operands = words.filter((word) => word === null || !word.value.startsWith("-"));
  switch (last.name.value) {
    case "wc":
      return values.every((value) => /^-[clmw]$/u.test(value));
    case "date":
      return values.length === 1 && /^\+%s(?:%N)?$/u.test(values[0]!);
    case "grep":
      return (
        values.some((value) => /^-[EFPcivwxqsoah]*c[EFPcivwxqsoah]*$|^--count$/u.test(value)) &&
        values.every((value) => !value.startsWith("-") || /^-[EFPcivwxqsoah]+$|^--count$/u.test(value)) &&
        operands.length <= 2 &&
        operands.every((word) => word?.parts?.every(isOneWord) ?? word !== null)
      );
    default:
      return false;
  }
}

/** What a program complains about must not be read as its count. */
function isQuiet(redirect: Redirection): boolean {
  if (redirect.type !== "Redirect" || redirect.operator === "<") return true;
  const descriptor = redirect.descriptor?.type === "FileDescriptor" ? redirect.descriptor.value : null;
  return redirect.operator === ">" && descriptor === 2 && redirect.target?.value === "/dev/null";
}

function isOneWord({ type }: WordPart): boolean {
  return type === "Literal" || type === "SingleQuoted" || type === "DoubleQuoted" || type === "AnsiCQuoted";
}

function computedPart(part: Part): ComputedText {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return computedLiteral(part.value);
    case "DoubleQuoted":
    case "LocaleString":
      return all(part.parts.map(computedPart));
    case "SimpleExpansion":
      return variable(part.text.slice(1));
    case "ParameterExpansion":
      return parameter(part);
    case "ArithmeticExpansion":
      return computesNothing;
    case "CommandExpansion":
      return printsNumber(part.script) ? computesNothing : unknownText;
    case "BraceExpansion":
      return part.parts ? all(part.parts.map(computedPart)) : computedLiteral(part.text);
    default:
      return unknownText;
  }
}

function parameter({ parameter: name, prefix, index, operation }: ParameterExpansionPart): ComputedText {
  if (prefix === "#") return computesNothing;
  if (prefix === "!") {
    // Names of variables, and keys: those are held to the same rule where they are set.
    const isKeys = index?.text === "@" || index?.text === "*" || operation?.type === "Names";
    return isKeys ? computesNothing : unknownText;
  }
  const own = variable(name);
  switch (operation?.type) {
    case undefined:
    case "Remove":
    case "Slice":
    case "CaseModification":
      return own;
    case "Default":
      return all([own, computedWord(operation.operand)]);
    case "Replace":
      return all([own, computedWord(operation.replacement)]);
    default:
      return unknownText;
  }
}

/** Arguments of a script or function are not followed to where they were given. */
function variable(name: string): ComputedText {
  if (/^[?#$!]$/u.test(name)) return computesNothing;
  return /^[A-Za-z_]\w*$/u.test(name) ? { isPlain: true, names: [name] } : unknownText;
}

function arithmeticLiteral(text: string): ComputedText {
  const expansions = [...text.matchAll(/\$(\w+|[?#$!@*-])/gu)].map((match) => variable(match[1]!));
  return all([...expansions, computedLiteral(text.replaceAll(/\$(?:\w+|[?#$!@*-])/gu, " "))]);
}
