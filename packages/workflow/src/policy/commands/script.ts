import {
  type Assignment,
  forEachChild,
  parse,
  type ParameterExpansionPart,
  type Command,
  type HereDoc,
  type HereString,
  type Redirection,
  type SyntaxNode,
} from "unbash";
import {
  all,
  type ComputedText,
  computedArithmetic,
  computedLiteral,
  computedName,
  computedWord,
  computesNothing,
  printsNumber,
  unknownText,
} from "./computed-text.ts";
import { anywhere, callsIn, type Place, placeAfter, placeOf } from "./places.ts";
import { type KnownValue, knownArray, knownScalar, knownWords } from "./known-values.ts";
import { hasUncertainEnd } from "./uncertain-ends.ts";
import { readAssignmentWord, readWord, type ShellWord } from "./words.ts";

/** Bounds on what is looked at; more is denied, never skipped. */
const maxNodes = 20_000;
const maxNesting = 100;
/** The parser looks through all that wait for their text whenever one more is met. */
const maxHereDocuments = 1_000;

/** A simple command as it stands in a script. */
export interface Invocation {
  /** Empty when the command only assigns or redirects. */
  readonly words: readonly ShellWord[];
  readonly assignments: readonly { readonly name: string; readonly value: string | null }[];
  /** A here-document or here-string as its input, when that is known; null otherwise. */
  readonly input: string | null;
  /** Where it begins in the text. */
  readonly position: number;
  readonly place: Place;
}

export interface ShellScript {
  readonly invocations: readonly Invocation[];
  /** What redirections write to, and where they stand. */
  readonly writes: readonly { readonly file: ShellWord; readonly place: Place }[];
  /** Names of functions that the script defines; empty for one that is not known. */
  readonly functions: ReadonlySet<string>;
  /** Functions of the script itself, not of a part of it, with the place from which on they are there. */
  readonly definedFrom: ReadonlyMap<string, number>;
  /** True where a shell other than bash would read the text in another way. */
  readonly isBashOnly: boolean;
  /** Variables that the script sets by `for`, `select` or `${name:=value}`. */
  readonly loopVariables: ReadonlySet<string>;
  /** Variables that the script sets to a text that begins with a dash. */
  readonly flagVariables: ReadonlySet<string>;
  /** Variables that the script computes as numbers, subscripts or names. */
  readonly computedNames: readonly string[];
  /** What the script sets variables to: as far as that could be computed later, and as far as it is known. */
  readonly settings: readonly Setting[];
  /** The arguments of each call of a function of the script, in its own text. */
  readonly calls: ReadonlyMap<string, readonly (readonly ShellWord[])[]>;
}

export interface Setting {
  readonly name: string;
  readonly value: ComputedText;
  /** Each value that it may take; null when it may be any. */
  readonly known: readonly KnownValue[] | null;
}

export type ParsedShell =
  { readonly status: "read"; readonly script: ShellScript } | { readonly status: "unreadable"; readonly why: string };

const bashOnly: ReadonlySet<string> = new Set([
  "AnsiCQuoted",
  "ArithmeticCommand",
  "ArithmeticFor",
  "Coproc",
  "LocaleString",
  "ProcessSubstitution",
  "Select",
  "TestCommand",
]);

/** Reads every command of a shell text: in lists, pipes, groups, substitutions, functions and here-documents. */
export function readScript(text: string): ParsedShell {
  if (text.split("<<").length > maxHereDocuments + 1) {
    return { status: "unreadable", why: `\`<<\` stands in it more than ${maxHereDocuments} times` };
  }
  const invocations: Invocation[] = [];
  const writes: { file: ShellWord; place: Place }[] = [];
  const functions = new Set<string>();
  const definedFrom = new Map<string, number>();
  let isBashOnly = false;
  const loopVariables = new Set<string>();
  const flagVariables = new Set<string>();
  const computedNames: string[] = [];
  const settings: Setting[] = [];
  /** `IFS= read -r line`: the separator holds for that one read. */
  const momentary = new Set<SyntaxNode>();
  let nodes = 0;
  let why: string | null = null;

  function compute(text: ComputedText): void {
    if (!text.isPlain) why ??= "a text that is computed as a number or a subscript may hold a command";
    computedNames.push(...text.names);
  }

  function visit(node: SyntaxNode, depth: number, place: Place): void {
    nodes++;
    if (nodes > maxNodes || depth > maxNesting) why ??= "it is too long or too deeply nested to be judged";
    if (why !== null) return;
    const values = settingOf(node);
    if (values && !momentary.has(node)) settings.push(values);
    for (const text of computedIn(node)) compute(text);
    switch (node.type) {
      case "Script":
        if (node.errors?.[0]) why = `it does not parse: ${node.errors[0].message}`;
        if (depth > 0) break;
        for (const { command, background } of node.commands) {
          if (command.type === "Function" && !background)
            definedFrom.set(readWord(command.name).value ?? "", command.end);
        }
        break;
      case "Command":
        invocations.push(readCommand(node, place));
        if (node.name?.value === "read") for (const item of node.prefix) momentary.add(item);
        break;
      case "Coproc":
        if (node.name) loopVariables.add(node.name.value);
        settings.push({ name: node.name?.value ?? "COPROC", value: computesNothing, known: null });
        break;
      case "FileDescriptorVariable":
        loopVariables.add(node.name);
        settings.push({ name: node.name, value: computesNothing, known: null });
        break;
      case "Redirect":
        if (node.target && !/^<&?$/u.test(node.operator)) writes.push({ file: readWord(node.target), place });
        break;
      case "Function":
        functions.add(readWord(node.name).value ?? "");
        break;
      case "For":
      case "Select":
        loopVariables.add(node.name.value);
        if (node.wordlist?.some((word) => readWord(word).value?.startsWith("-"))) flagVariables.add(node.name.value);
        break;
      case "Assignment":
        if (node.value.type === "Word" && readWord(node.value).value?.startsWith("-")) flagVariables.add(node.name);
        break;
      case "CommandExpansion":
      case "ArithmeticCommandExpansion":
      case "ProcessSubstitution":
        if (!node.script) why = "a substitution in it does not parse";
        break;
      case "ParameterExpansion":
        if (values) loopVariables.add(values.name);
        if (node.operation?.type === "Transform" && node.operation.operand.value === "P") {
          why = "`${...@P}` runs what a variable holds";
        }
        break;
      default:
        break;
    }
    isBashOnly ||=
      bashOnly.has(node.type) ||
      (node.type === "Redirect" && node.operator.startsWith("&")) ||
      (node.type === "ArithmeticExpansion" && node.text.startsWith("$["));
    if (hasUncertainEnd(node)) why = "bash may find the end of a part of it elsewhere than it seems";
    if (isHiddenSubstitution(node)) why = "text that is computed as a number holds a command substitution";
    const isList = node.type === "Script" || node.type === "CompoundList";
    let next = place;
    forEachChild(node, (child) => {
      visit(child, depth + 1, isList ? next : placeOf(node, child, place));
      if (isList) next = placeAfter(child, next);
    });
  }

  try {
    visit(parse(text), 0, anywhere);
  } catch (error) {
    // A parser that throws has not read the command.
    why = `it does not parse: ${error instanceof Error ? error.name : "unknown error"}`;
  }
  if (why !== null) return { status: "unreadable", why };
  const script = {
    invocations,
    writes,
    functions,
    definedFrom,
    isBashOnly,
    loopVariables,
    flagVariables,
    computedNames,
    settings,
    calls: callsIn(invocations, functions),
  };
  return { status: "read", script };
}

function readCommand(node: Command, place: Place): Invocation {
  const words = node.name
    ? [
        readWord(node.name),
        ...node.args.map((argument) =>
          argument.type === "Assignment" ? readAssignmentWord(argument) : readWord(argument),
        ),
      ]
    : [];
  const assignments = node.prefix
    .filter((item) => item.type === "Assignment")
    .map(({ name, value }) => ({ name, value: value.type === "Word" ? readWord(value).value : null }));
  return { words, assignments, input: inputOf(node.redirects), position: node.pos, place };
}

function inputOf(redirects: readonly Redirection[]): string | null {
  const input = redirects.findLast(isInput);
  if (input?.type === "HereDoc") return documentText(input);
  return input?.type === "HereString" ? stringText(input) : null;
}

function isInput({ type, operator, descriptor }: Redirection): boolean {
  if (descriptor) return descriptor.type !== "FileDescriptor" || descriptor.value === 0;
  return type !== "Redirect" || operator.startsWith("<");
}

function documentText({ body, delimiter }: HereDoc): string | null {
  if (delimiter?.quoted) return body.text;
  const literal = (body.parts ?? []).every((part) => part.type === "Literal");
  return literal && !body.text.includes("\\") ? body.text : null;
}

function stringText({ target }: HereString): string | null {
  return target ? readWord(target).value : null;
}

/** `x='a[$(rm b)]'; ((x))`: bash runs a substitution in the index when the text is computed as a number. */
function isHiddenSubstitution(node: SyntaxNode): boolean {
  if (node.type !== "Assignment" || node.value.type !== "Word") return false;
  const { value } = readWord(node.value);
  const index = value?.search(/\w\[/u) ?? -1;
  return index >= 0 && /\$\(|`/u.test(value!.slice(index));
}

/** What a part of a script sets a variable to. */
function settingOf(node: SyntaxNode): Setting | null {
  switch (node.type) {
    case "Assignment":
      return { name: node.name, value: valueOf(node.value), known: knownAssignment(node) };
    case "For":
    case "Select":
      return {
        name: node.name.value,
        value: node.wordlist ? all(node.wordlist.map(computedWord)) : unknownText,
        known: node.wordlist ? knownWords(node.wordlist.map(readWord)) : null,
      };
    case "ParameterExpansion": {
      const { operation } = node;
      const assigns = operation?.type === "Default" && operation.operator.endsWith("=");
      if (!assigns) return null;
      const { operand } = operation;
      return { name: node.parameter, value: computedWord(operand), known: knownScalar(readWord(operand)) };
    }
    default:
      return null;
  }
}

function knownAssignment({ name, value, append, index }: Assignment): readonly KnownValue[] | null {
  if (index) return null;
  if (value.type === "Word") return append ? null : knownScalar(readWord(value), name);
  return knownArray(value.elements.map(readWord), append === true);
}

function valueOf(value: Assignment["value"]): ComputedText {
  return value.type === "Word" ? computedWord(value) : all(value.elements.map(computedWord));
}

const comparisons = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]);

/** The texts of one node that the shell computes: arithmetic, subscripts, slices, comparisons, indirect names. */
function computedIn(node: SyntaxNode): readonly ComputedText[] {
  switch (node.type) {
    case "ArithmeticWord":
      return [computedArithmetic(node)];
    case "ArithmeticCommandExpansion":
      return [printsNumber(node.script) ? computesNothing : unknownText];
    case "ArithmeticExpansion":
      return node.expression === undefined && !/^\$\(\(\s*\)\)$/u.test(node.text) ? [unknownText] : [];
    case "ArithmeticCommand":
      return node.expression === undefined && node.body.trim() !== "" ? [unknownText] : [];
    case "Assignment":
      return [...(node.index ? [computedWord(node.index)] : []), ...elementIndexes(node.value)];
    case "ParameterExpansion":
      return parameterTexts(node);
    case "TestUnary":
      return node.operator === "-v" ? [computedName(readWord(node.operand))] : [];
    case "TestBinary":
      return comparisons.has(node.operator) ? [computedWord(node.left), computedWord(node.right)] : [];
    case "FileDescriptorVariable":
      return [computedLiteral(node.name)];
    default:
      return [];
  }
}

/** `a=([index]=value)`: the parser gives each element as one word. */
function elementIndexes(value: Assignment["value"]): readonly ComputedText[] {
  if (value.type === "Word") return [];
  return value.elements.filter(({ text }) => /^\[.*\]\+?=/su.test(text)).map(computedWord);
}

function parameterTexts({ parameter, prefix, index, operation }: ParameterExpansionPart): readonly ComputedText[] {
  const isList = index === undefined || index.text === "@" || index.text === "*";
  const texts = isList ? [] : [computedWord(index)];
  if (operation?.type === "Slice") {
    texts.push(computedWord(operation.offset), ...(operation.length ? [computedWord(operation.length)] : []));
  }
  const isIndirect = prefix === "!" && operation?.type !== "Names" && (index === undefined || !isList);
  if (isIndirect) texts.push(/^[A-Za-z_]\w*$/u.test(parameter) ? computedLiteral(parameter) : unknownText);
  return texts;
}
