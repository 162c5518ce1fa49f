import { literalWord, type ShellWord } from "./words.ts";

/** The options of a program that runs another, as far as they take words away from it. */
export interface OptionShape {
  /** Letters that take a value: the rest of their word, or the next one. */
  readonly short: string;
  /** Letters whose value is only ever the rest of their word. */
  readonly optional?: string;
  /** Long options that take a value. */
  readonly long?: readonly string[];
  /** Words between the options and the command, for instance the duration of timeout. */
  readonly operands?: number;
  /** Letters with which it only answers a question. */
  readonly queries?: string;
}

export interface ReadOptions {
  /** Where the options end. */
  readonly end: number;
  readonly isQuery: boolean;
  /** Values that were given, with the place of the last word that they took. */
  readonly values: readonly { readonly name: string; readonly value: ShellWord | null; readonly index: number }[];
}

/** Reads options as getopt_long does: letters in clusters, long names abbreviated, values attached or following. */
export function readOptions(shape: OptionShape, words: readonly ShellWord[]): ReadOptions {
  const values: { name: string; value: ShellWord | null; index: number }[] = [];
  let isQuery = false;
  let index = 0;
  for (; index < words.length; index++) {
    const { value } = words[index]!;
    if (value === null || !/^-./su.test(value)) break;
    if (value === "--") return { end: index + 1, isQuery, values };
    if (value.startsWith("--")) {
      const [name, attached] = splitLong(value.slice(2));
      const full = shape.long?.find((candidate) => candidate.startsWith(name));
      if (full !== undefined && attached === null) values.push({ name: full, value: words[++index] ?? null, index });
      else values.push({ name: full ?? name, value: attached === null ? null : literalWord(attached), index });
      continue;
    }
    for (let at = 1; at < value.length; at++) {
      const letter = value[at]!;
      const rest = value.slice(at + 1);
      isQuery ||= shape.queries?.includes(letter) === true;
      if (shape.optional?.includes(letter)) {
        values.push({ name: letter, value: rest === "" ? null : literalWord(rest), index });
        break;
      }
      if (!shape.short.includes(letter)) continue;
      const own = rest === "" ? (words[++index] ?? null) : literalWord(rest);
      values.push({ name: letter, value: own, index });
      break;
    }
  }
  return { end: Math.min(index, words.length), isQuery, values };
}

function splitLong(text: string): readonly [string, string | null] {
  const end = text.indexOf("=");
  return end < 0 ? [text, null] : [text.slice(0, end), text.slice(end + 1)];
}
