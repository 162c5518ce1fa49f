import type { Statement, SyntaxNode } from "unbash";
import { readWord, type ShellWord } from "./words.ts";

/** What is certain where a part of a script stands. */
export interface Place {
  /** The function whose arguments `$1` and `$@` are; null for those of the script itself. */
  readonly owner: string | null;
  /** How many arguments `shift` has taken away; null when that is not known. */
  readonly shifted: number | null;
  /** Variables that have been set when this is reached. */
  readonly certain: ReadonlySet<string>;
  /** True for the list that is the body of the function, where each command runs once and in order. */
  readonly isBody: boolean;
}

const none: readonly string[] = [];
/** A variable past these may be unset as far as is known. */
const maxCertain = 256;

export const anywhere: Place = { owner: null, shifted: 0, certain: new Set(), isBody: false };

/** The place of a node's child; the children of a list are asked for in their order. */
export function placeOf(node: SyntaxNode, child: SyntaxNode, place: Place): Place {
  switch (node.type) {
    case "Statement":
    case "BraceGroup":
      return place;
    case "Function": {
      if (child !== node.body) return place;
      return { ...place, owner: readWord(node.name).value ?? "", shifted: 0, isBody: true };
    }
    case "For": {
      if (child !== node.body) return insideOf(place);
      return { ...place, isBody: false, certain: including(place.certain, [node.name.value]) };
    }
    default:
      return insideOf(place);
  }
}

function insideOf(place: Place): Place {
  return place.isBody ? { ...place, isBody: false } : place;
}

/** The place behind a statement of a list, whose own place is given. */
export function placeAfter(statement: SyntaxNode, place: Place): Place {
  if (statement.type !== "Statement") return place;
  const set = assigned(statement);
  const shift = place.isBody ? shiftOf(statement) : 0;
  if (set.length === 0 && shift === 0) return place;
  const shifted = shift === null || place.shifted === null ? null : place.shifted + shift;
  return { ...place, certain: including(place.certain, set), shifted };
}

/** Variables that are set once a statement has been run, whatever came of it. */
function assigned({ command, background }: Statement): readonly string[] {
  if (command.type !== "Command" || command.name || background || command.redirects.length > 0) return none;
  return command.prefix.flatMap((item) => (item.type === "Assignment" ? [item.name] : []));
}

/** How far a statement shifts the arguments for those after it; null when that is not known. */
function shiftOf({ command, background }: Statement): number | null {
  if (command.type !== "Command" || command.name?.value !== "shift" || background) return 0;
  const [count, ...others] = command.args.map(({ text }) => text);
  if (count === undefined) return 1;
  return others.length === 0 && /^\d{1,3}$/u.test(count) ? Number(count) : null;
}

/** True for what changes `$1` and `$@` in a way that the places do not account for, or passes a function on. */
export function movesArguments(words: readonly ShellWord[], place: Place): boolean {
  const [first, ...rest] = words;
  switch (first?.value) {
    case "shift":
      return !place.isBody || first.source !== "shift" || rest.some(({ value }) => value === null);
    case "set":
      return rest.some(({ value }) => value === null || value === "--" || value === "-" || !/^[-+]/u.test(value));
    case "export":
    case "declare":
    case "typeset":
      return rest.some(({ value }) => value === null || /^-\w*f/u.test(value));
    default:
      return false;
  }
}

function including(names: ReadonlySet<string>, more: readonly string[]): ReadonlySet<string> {
  return more.length === 0 || names.size >= maxCertain ? names : new Set([...names, ...more]);
}

/** The arguments with which a script calls its own functions. */
export function callsIn(
  invocations: readonly { readonly words: readonly ShellWord[] }[],
  functions: ReadonlySet<string>,
): ReadonlyMap<string, readonly (readonly ShellWord[])[]> {
  const calls = new Map<string, (readonly ShellWord[])[]>();
  if (functions.size === 0) return calls;
  for (const { words } of invocations) {
    const name = words[0]?.value;
    if (typeof name !== "string" || !functions.has(name)) continue;
    const known = calls.get(name);
    if (known) known.push(words.slice(1));
    else calls.set(name, [words.slice(1)]);
  }
  return calls;
}
