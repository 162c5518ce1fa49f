import { computesNothing } from "./computed-text.ts";
import { knownScalar } from "./known-values.ts";
import type { Setting } from "./script.ts";
import { literalWord, type ShellWord } from "./words.ts";

/** Builtins that make a variable of their own, empty at first. */
const making: ReadonlySet<string> = new Set(["local", "declare", "typeset"]);

/** What `export X=1`, `local x`, `env A=1` and their like set. */
export function knownSettings(command: string, words: readonly ShellWord[]): readonly Setting[] {
  // `-u`, `-l`, `-c` and `-i` make another text of each value.
  const alters = command !== "env" && words.some(({ value }) => value === null || /^-\w*[ulcin]/u.test(value));
  return words.flatMap((word): readonly Setting[] => {
    const [, name, rest] = /^([A-Za-z_]\w*)((?:\[[^=]*\])?\+?=.*)?$/su.exec(word.value ?? word.source) ?? [];
    if (name === undefined) return [];
    if (rest === undefined) {
      if (alters) return [{ name, value: computesNothing, known: null }];
      return making.has(command) ? [{ name, value: computesNothing, known: knownScalar(literalWord("")) }] : [];
    }
    // What stands there as an assignment is known from its place in the script.
    const isAssignment = command !== "env" && /^[A-Za-z_]\w*\+?=/u.test(word.source);
    const isText = word.value !== null && rest.startsWith("=");
    const known = isAssignment ? [] : isText ? knownScalar(literalWord(rest.slice(1))) : null;
    return [{ name, value: word.computed, known: alters ? null : known }];
  });
}
