import type { Assignment, Word, WordPart } from "unbash";
import { all, type ComputedText, computedLiteral, computedWord, unknownText } from "./computed-text.ts";

/** A word of a command as far as it is known before the command runs. */
export interface ShellWord {
  /** As written. */
  readonly source: string;
  /** Its value; null when an expansion, glob or brace list decides it at run time. */
  readonly value: string | null;
  /** True when it may become several words, or none, or a flag: an expansion, glob or brace list outside quotes. */
  readonly splits: boolean;
  /** The variable, when the word is nothing but one in quotes: `"$file"`. */
  readonly variable: string | null;
  /** Of what a word that is not known is put together; null when that is of no help. */
  readonly parts: readonly WordPart[] | null;
  /** What the shell would reach, should it compute the word as a number or a subscript. */
  readonly computed: ComputedText;
}

/** A word that some program appends at run time, as `xargs` does. */
export const appendedWord: ShellWord = {
  source: "...",
  value: null,
  splits: true,
  variable: null,
  parts: null,
  computed: unknownText,
};

export function literalWord(value: string): ShellWord {
  return { source: value, value, splits: false, variable: null, parts: null, computed: computedLiteral(value) };
}

export function readWord(word: Word): ShellWord {
  const parts = word.parts ?? [];
  const literal = parts.every(isLiteral);
  return {
    source: word.text,
    value: literal ? word.value : null,
    splits: !literal && parts.some((part) => !isLiteral(part) && part.type !== "DoubleQuoted"),
    variable: literal ? null : quotedVariable(parts),
    parts: literal ? null : parts,
    computed: computedWord(word),
  };
}

/** An argument such as the `CI=1` of `export CI=1`, as the word that the command gets. */
export function readAssignmentWord(assignment: Assignment): ShellWord {
  const { value } = assignment;
  const word = value.type === "Word" ? readWord(value) : null;
  const known = word !== null && word.value !== null && assignment.index === undefined;
  return {
    source: assignment.text,
    value: known ? `${assignment.name}${assignment.append ? "+" : ""}=${word.value}` : null,
    splits: false,
    variable: null,
    parts: null,
    computed: all([computedLiteral(assignment.name), word?.computed ?? unknownText]),
  };
}

/** Brings a word that a wrapper passes on under suspicion: its text holds a place that is filled in at run time. */
export function withPlaceholder(word: ShellWord, placeholder: string): ShellWord {
  if (placeholder === "" || !(word.value ?? word.source).includes(placeholder)) return word;
  return { ...word, value: null, splits: false, variable: null, parts: null, computed: unknownText };
}

/** The last component of a path; programs are known by it wherever they lie. */
export function baseName(value: string): string {
  return value.slice(value.lastIndexOf("/") + 1);
}

/** A command as it was written. */
export function sourceOf(words: readonly ShellWord[]): string {
  return words.map(({ source }) => source).join(" ");
}

function isLiteral(part: WordPart): boolean {
  if (part.type === "DoubleQuoted" || part.type === "LocaleString") {
    return part.parts.every((child) => child.type === "Literal");
  }
  return part.type === "Literal" || part.type === "SingleQuoted" || part.type === "AnsiCQuoted";
}

function quotedVariable(parts: readonly WordPart[]): string | null {
  const [only] = parts;
  if (parts.length !== 1 || only?.type !== "DoubleQuoted" || only.parts.length !== 1) return null;
  const [child] = only.parts;
  if (child?.type === "SimpleExpansion") return child.text.slice(1);
  return child?.type === "ParameterExpansion" && !child.operation && !child.prefix ? child.parameter : null;
}
