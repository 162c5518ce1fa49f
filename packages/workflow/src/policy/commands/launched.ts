import { gitLaunches } from "./git-risk.ts";
import { inputCommands } from "./input-commands.ts";
import { launchers, launchStart, scriptFlags, textLaunchers } from "./launchers.ts";
import { runTexts } from "./program-options.ts";
import { baseName, literalWord, type ShellWord } from "./words.ts";
import { shells } from "./wrappers.ts";

/** What a program would run because of its words or its input. */
export type Launched =
  /** A command line; `isSure` where it can be nothing else. */
  | { readonly kind: "script"; readonly text: string; readonly isSure: boolean }
  | { readonly kind: "words"; readonly words: readonly ShellWord[] }
  /** Known only at run time. */
  | { readonly kind: "unknown"; readonly why: string };

/** Everything that a program which is no wrapper may run, in the order of its words. `isProgram` says which words matter. */
export function* launchedBy(
  name: string,
  words: readonly ShellWord[],
  { input, isProgram }: { input: string | null; isProgram: (word: string) => boolean },
): Generator<Launched> {
  yield* byOptions(name, words);
  const read = inputCommands(name, words);
  if (read && input === null) yield { kind: "unknown", why: `\`${name}\` runs what it reads from its input` };
  for (const text of read && input !== null ? read(input) : []) yield { kind: "script", text, isSure: false };
  const isLauncher = launchers.has(name) || /^ld(?:-linux|[-.])/u.test(name) || (name === "git" && gitLaunches(words));
  if (isLauncher) yield* byWords(name, words, isProgram);
}

function* byOptions(name: string, words: readonly ShellWord[]): Generator<Launched> {
  for (const { value, source } of runTexts(name, words.slice(1))) {
    // Of `"ssh -p $PORT"` the program is known, and that is what matters.
    const text = value ?? (/^[\w./-]+\s/u.test(source) ? source : null);
    if (text === null) yield { kind: "unknown", why: `an option of \`${name}\` gets a command at run time` };
    else if (!shells.has(baseName(text))) yield { kind: "script", text: text.replace(/^["']?!/u, ""), isSure: false };
  }
}

function* byWords(name: string, all: readonly ShellWord[], isProgram: (word: string) => boolean): Generator<Launched> {
  const words = name === "parallel" ? all.map(filledIn) : all;
  const start = launchStart(name, words);
  const firstOperand = words.findIndex(({ value }, index) => index >= start && value?.startsWith("-") !== true);
  for (let index = start; index < words.length; index++) {
    const { value } = words[index]!;
    const isScript = followsScriptFlag(words, index);
    if (value === null) {
      if (isScript) yield { kind: "unknown", why: `\`${name}\` gets its command at run time` };
      continue;
    }
    const attached = /^(--[a-z-]+)=(.*)$/su.exec(value);
    if (attached && scriptFlags.has(attached[1]!)) {
      yield { kind: "script", text: attached[2]!, isSure: true };
      if (isProgram(attached[2]!)) {
        yield { kind: "words", words: [literalWord(attached[2]!), ...words.slice(index + 1)] };
      }
    }
    const isOneWord = !/\s/u.test(value);
    if (isScript && !(isOneWord && isProgram(value))) yield { kind: "script", text: value, isSure: true };
    if (isOneWord) {
      if (isProgram(value)) yield { kind: "words", words: words.slice(index) };
    } else if (textLaunchers.has(name) || index === firstOperand || isBehindDashes(name, words, index))
      yield { kind: "script", text: value, isSure: false };
  }
}

function followsScriptFlag(words: readonly ShellWord[], index: number): boolean {
  const before = words[index - 1]?.value ?? "";
  return scriptFlags.has(before) || /^-[a-z]+c$/u.test(before);
}

/** `npm explore package -- 'command line'` */
function isBehindDashes(name: string, words: readonly ShellWord[], index: number): boolean {
  return name === "npm" && words[index - 1]?.value === "--";
}

/** What `parallel` fills in from behind `:::` may be any word of the command. */
function filledIn(word: ShellWord): ShellWord {
  return word.value?.startsWith(":::") === true ? { ...word, value: null, splits: true } : word;
}
