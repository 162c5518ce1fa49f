import { assigning, naming } from "./companions.ts";
import { all, type ComputedText, computedName, unknownText } from "./computed-text.ts";
import type { ShellWord } from "./words.ts";

/** What a builtin does with its words beyond reading them. */
export interface EvaluatedArguments {
  /** Computed as a number or as the name of a variable with a subscript. */
  readonly computed: readonly ComputedText[];
  readonly set: readonly { readonly name: string; readonly value: ComputedText }[];
  /** Texts that are run as commands. */
  readonly callbacks: readonly ShellWord[];
}

const nothing: EvaluatedArguments = { computed: [], set: [], callbacks: [] };

/** Which words the shell evaluates once more when a builtin gets them. */
export function evaluatedArguments(name: string, words: readonly ShellWord[]): EvaluatedArguments {
  if (assigning.has(name)) return declared(name, words);
  switch (name) {
    case "test":
    case "[":
      return { ...nothing, computed: testedWords(words) };
    case "let":
      return { ...nothing, computed: words.map(({ computed }) => computed) };
    case "unset":
      return { ...nothing, computed: words.map(computedName) };
    case "wait":
      return words.some(({ value }) => /^-\w*p/u.test(value ?? ""))
        ? { ...nothing, computed: words.map(computedName) }
        : nothing;
    case "printf":
      return printed(words);
    default:
      return naming.has(name) ? named(name, words) : nothing;
  }
}

/** `-v` takes a name with a subscript. A word without quotes may become that option and more. */
function testedWords(words: readonly ShellWord[]): readonly ComputedText[] {
  const asks = words.some(({ value }) => value === "-v");
  const isShort = words.filter(({ value }) => value !== "]").length === 2;
  return words
    .filter((word, index) => {
      if (asks && words[index - 1]?.value === "-v") return true;
      if (isShort && words[0]!.value === null) return true;
      return word.value === null && word.splits && /^(?:["']*[$`]|[*?]+$)/u.test(word.source);
    })
    .map(computedName);
}

function printed(words: readonly ShellWord[]): EvaluatedArguments {
  const [first, second, ...values] = words;
  if (!first) return nothing;
  const attached = first.value !== null && /^-v./su.test(first.value);
  if (first.value === null)
    return { ...nothing, computed: [first.computed, ...(second ? maybeTarget(first, second) : [])] };
  if (first.value !== "-v" && !attached) return nothing;
  const target = attached ? first : second;
  if (!target) return nothing;
  const given = attached ? words.slice(1) : values;
  const escapes = given.some(({ source }) => source.includes("\\") && !/^(?:[^\\]|\\[nt])*$/u.test(source));
  const value = escapes ? unknownText : all(given.map(({ computed }) => computed));
  const name = target.value === null ? unknownText : computedName(target);
  return { ...nothing, computed: [name], set: setNames(attached ? first.value.slice(2) : target.value, value) };
}

/** A format that is not known may be `-v`: what follows is then a name, and one with a subscript is seldom a text. */
function maybeTarget(first: ShellWord, second: ShellWord): readonly ComputedText[] {
  const isNamed = second.value === null ? first.splits : /^[A-Za-z_]\w*\[/u.test(second.value);
  return isNamed ? [computedName(second)] : [];
}

const valuedOptions: Readonly<Record<string, RegExp>> = {
  read: /^-[ers]*[dinNptu]$/u,
  mapfile: /^-t*[cdnOsu]$/u,
  readarray: /^-t*[cdnOsu]$/u,
};

/** Targets of `read`, `mapfile`, `readarray` and `getopts`, whose new values are not known. */
function named(name: string, words: readonly ShellWord[]): EvaluatedArguments {
  const targets: ShellWord[] = [];
  const callbacks: ShellWord[] = [];
  for (const [index, word] of words.entries()) {
    const before = words[index - 1]?.value ?? "";
    const callback = name !== "read" && name !== "getopts" ? /^-[A-Za-z]*C(.*)$/su.exec(word.value ?? "") : null;
    if (/^-t*C$/u.test(before) && name !== "read") callbacks.push(word);
    else if (callback?.[1]) callbacks.push({ ...word, value: callback[1] });
    else if (!valuedOptions[name]?.test(before)) targets.push(word);
  }
  const set = targets.flatMap(({ value }) => setNames(value, unknownText));
  const computed = targets.map((word) => (word.value === null ? unknownText : computedName(word)));
  return { computed, set, callbacks };
}

/** `declare -i` computes what the variable is set to, then and later; `declare 'a=(..)'` expands the list. */
function declared(name: string, words: readonly ShellWord[]): EvaluatedArguments {
  const isNumber = name !== "export" && words.some(({ value }) => value !== null && /^-\w*i/u.test(value));
  const computed = words.filter((word) => {
    const [target, value] = split(word.value ?? word.source);
    const isKnown = /^[A-Za-z_]\w*(?:\[[^$`]*\])?\+?$/u.test(target) || (word.value !== null && /^[-+]/u.test(target));
    return isNumber || !isKnown || (word.value !== null && value?.startsWith("(") === true);
  });
  return { ...nothing, computed: computed.map((word) => (isNumber ? word.computed : computedTarget(word))) };
}

/** Which variable a word sets must be known; `"$x"` may set any. */
function computedTarget(word: ShellWord): ComputedText {
  return word.value === null ? unknownText : computedName(word);
}

function split(text: string): readonly [string, string?] {
  const end = text.indexOf("=");
  return end < 0 ? [text] : [text.slice(0, end), text.slice(end + 1)];
}

function setNames(text: string | null, value: ComputedText): EvaluatedArguments["set"] {
  const name = /^[A-Za-z_]\w*/u.exec(text ?? "")?.[0];
  return name === undefined ? [] : [{ name, value }];
}
