import { parse } from "unbash";
import { containsFlags, type FlagSet, isFlag, readFlags } from "./flags.ts";
import { gitReadings } from "./git-plumbing.ts";
import { npmCommandsOf } from "./npm-commands.ts";
import { leadingOperands } from "./operands.ts";
import { baseName, literalWord, readWord, type ShellWord } from "./words.ts";

/** An entry of a command list: the words of a simple command, or a text that is compared as a whole. */
export interface CommandEntry {
  readonly index: number;
  readonly text: string;
  /** null: not a simple command (`curl | sh`); found as text. */
  readonly words: readonly string[] | null;
  /** The program, lower case and without folders; null when `words` is. */
  readonly program: string | null;
  readonly operands: readonly string[];
  readonly flags: FlagSet;
}

export function parseEntries(texts: readonly string[]): readonly CommandEntry[] {
  return texts.map((text, index) => {
    const words = simpleWords(text);
    const shellWords = (words ?? []).slice(1).map(literalWord);
    return {
      index,
      text,
      words,
      program: words ? baseName(words[0]!).toLowerCase() : null,
      operands: (words ?? []).slice(1).filter((word) => !isFlag(word) && word !== "--"),
      flags: readFlags(shellWords),
    };
  });
}

/** The words of a text that is one simple command without expansions; globs stand for themselves. */
function simpleWords(text: string): readonly string[] | null {
  const script = parse(text);
  const [statement] = script.commands;
  const command = statement?.command;
  if (script.errors || script.commands.length !== 1 || command?.type !== "Command" || !command.name) return null;
  if (command.prefix.length > 0 || command.redirects.length > 0 || statement?.background) return null;
  const words: string[] = [];
  for (const argument of [command.name, ...command.args]) {
    if (argument.type === "Assignment") words.push(argument.text);
    else words.push(readWord(argument).value ?? argument.value);
  }
  return words;
}

/** True when the entry's words are the first words of the command. The program may be given by its system path. */
export function isPrefixOf(entry: CommandEntry, words: readonly ShellWord[]): boolean {
  if (!entry.words) return false;
  const wanted = entry.words.at(-1) === "*" ? entry.words.slice(0, -1) : entry.words;
  return wanted.every((word, index) => {
    const value = words[index]?.value;
    if (value === null || value === undefined) return false;
    return matchesWord(word, value) || (index === 0 && matchesWord(plainPath(word), systemProgram(value)));
  });
}

/** Whether a command is what a forbidding entry means; `unknown` when only running it would tell. */
export type ForbiddenMatch = "no" | "yes" | "unknown";

/**
 * Matches a forbidding entry: the program by name wherever it lies, its operands in order, its flags in any form. A call
 * of git is what the entry means too where git does the same by another of its commands, unless `isListed` says that the
 * allowed ones name that command.
 */
export function matchForbidden(
  entry: CommandEntry,
  words: readonly ShellWord[],
  { flagVariables, isListed }: { flagVariables: ReadonlySet<string>; isListed: boolean },
): ForbiddenMatch {
  const asWritten = matchWords(entry, words, flagVariables);
  if (asWritten !== "no" || entry.program !== "git" || programOf(words) !== "git") return asWritten;
  const matches = gitReadings(words)
    .filter(({ isOther }) => !(isListed && isOther))
    .map((reading) =>
      matchWords(reading.hasOptions ? entry : { ...entry, flags: noFlags }, reading.words, flagVariables),
    );
  return matches.find((match) => match === "yes") ?? matches.find((match) => match === "unknown") ?? "no";
}

const noFlags: FlagSet = readFlags([]);

function programOf(words: readonly ShellWord[]): string | null {
  const program = words[0]?.value;
  return typeof program === "string" ? baseName(program).toLowerCase() : null;
}

function matchWords(
  entry: CommandEntry,
  words: readonly ShellWord[],
  flagVariables: ReadonlySet<string>,
): ForbiddenMatch {
  if (!entry.words || entry.program === null) return "no";
  const program = programOf(words);
  if (program === null || !matchesWord(entry.program, program)) return "no";
  const rest = words.slice(1);
  const operands = matchOperands(program, entry.operands, rest);
  if (operands === "no") return "no";
  const hasFlags = containsFlags(entry.program, entry.operands[0] ?? null, entry.flags, readFlags(rest));
  if (hasFlags) return operands;
  return rest.some((word) => mayBeFlag(word, flagVariables)) ? "unknown" : "no";
}

function mayBeFlag(word: ShellWord, flagVariables: ReadonlySet<string>): boolean {
  if (word.value !== null) return false;
  if (/^\$[!#?$]$/u.test(word.source)) return false;
  if (word.variable !== null) return flagVariables.has(word.variable);
  // A glob gives names of files; a file called `-rf` is not what is guarded against here.
  return word.splits && /^(?:["']*[$`{]|-)|^\.\.\.$/u.test(word.source);
}

const subcommandNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pnpm: { i: "install", t: "test", "run-script": "run" },
  cargo: { t: "test", b: "build", r: "run" },
};

function matchOperands(
  program: string,
  operands: readonly string[],
  words: readonly ShellWord[],
  isSame = matchesSubcommand,
): ForbiddenMatch {
  const [operand, ...others] = operands;
  if (operand === undefined || operand === "*") return "yes";
  const candidates = /^[A-Za-z][\w:.*-]*$/u.test(operand)
    ? leadingOperands(program, words)
    : words.map((_, index) => index);
  let unknown = false;
  for (const index of candidates) {
    const word = words[index]!;
    if (word.value === null) {
      if ((word.variable === null || candidates[0] === index) && mayBecome(word, operand)) unknown = true;
      continue;
    }
    if (!isSame(program, operand, word.value)) continue;
    const rest = matchOperands(program, others, words.slice(index + 1), matchesOperand);
    if (rest === "yes") return "yes";
    if (rest === "unknown") unknown = true;
  }
  return unknown ? "unknown" : "no";
}

/** False for a glob that names no file called like the operand. */
function mayBecome({ source, splits }: ShellWord, operand: string): boolean {
  if (!splits || !/^[\w./@%+:=,-]*[*?][\w./@%+:=,*?-]*$/u.test(source)) return true;
  return matchesWord(source.replaceAll(/\?+/gu, "*"), operand);
}

function matchesSubcommand(program: string, wanted: string, actual: string): boolean {
  if (matchesWord(wanted, actual)) return true;
  if (program === "npm") return matchesNpmCommand(wanted, actual);
  return matchesWord(wanted, subcommandNames[program]?.[actual] ?? "");
}

function matchesOperand(_program: string, wanted: string, actual: string): boolean {
  return matchesWord(wanted, actual);
}

function matchesNpmCommand(wanted: string, actual: string): boolean {
  const possible = npmCommandsOf(actual);
  if (wanted.includes("*")) return [...possible].some((command) => matchesWord(wanted, command));
  return [...npmCommandsOf(wanted)].some((command) => possible.has(command));
}

/** A word of an entry may hold `*` for any run of characters. */
function matchesWord(wanted: string, actual: string): boolean {
  if (!wanted.includes("*")) return wanted === actual;
  let position = 0;
  const pieces = wanted.split("*");
  if (!actual.startsWith(pieces[0]!) || !actual.endsWith(pieces.at(-1)!)) return false;
  for (const piece of pieces) {
    const found = actual.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return actual.length >= wanted.length - (pieces.length - 1);
}

/** `./scripts/x` as `scripts/x`; `./x` stays, since `x` is looked up elsewhere. */
function plainPath(value: string): string {
  return value.replace(/^(?:\.\/)+(?=.*\/)/u, "");
}

/** A program in a folder of the system under its plain name; any other path as it is. */
function systemProgram(value: string): string {
  return plainPath(value.replace(/^\/(?:usr\/(?:local\/)?)?s?bin\/(?=[^/]+$)/u, ""));
}
