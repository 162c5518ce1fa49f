import type { ShellWord } from "./words.ts";

/** Programs whose options of one dash are whole words, not clusters of letters. */
const wordFlagPrograms = new Set([
  "find",
  "go",
  "java",
  "terraform",
  "openssl",
  "ffmpeg",
  "gcc",
  "g++",
  "clang",
  "xset",
]);

/** Short options and the long ones that mean the same, by program and subcommand. */
const longNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rm: { r: "recursive", R: "recursive", f: "force", d: "dir", v: "verbose", i: "interactive" },
  cp: { r: "recursive", R: "recursive", a: "archive", f: "force" },
  mv: { f: "force", n: "no-clobber" },
  chmod: { R: "recursive" },
  chown: { R: "recursive" },
  ln: { s: "symbolic", f: "force" },
  sed: { i: "in-place", e: "expression", n: "quiet" },
  npm: { g: "global", f: "force" },
  "git push": { f: "force", d: "delete", u: "set-upstream" },
  "git commit": { n: "no-verify", a: "all", m: "message" },
  "git clean": { f: "force", d: "directories", x: "ignored" },
  "git checkout": { f: "force" },
  "git branch": { D: "delete-force", d: "delete", f: "force", M: "move-force" },
  "git add": { A: "all", f: "force" },
  docker: { f: "force" },
};

/** The flags of some words as sets: letters of clusters, long names, words as written. */
export interface FlagSet {
  readonly short: ReadonlySet<string>;
  readonly long: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
}

/** Reads the flags among the words after the program, up to `--`. */
export function readFlags(words: readonly ShellWord[]): FlagSet {
  const short = new Set<string>();
  const long = new Set<string>();
  const whole = new Set<string>();
  for (const { value } of words) {
    if (value === "--") break;
    if (value === null || !isFlag(value)) continue;
    whole.add(value.split("=", 1)[0]!);
    if (value.startsWith("--")) long.add(value.slice(2).split("=", 1)[0]!);
    else if (/^-\d+$/u.test(value)) long.add(value.slice(1));
    else for (const letter of /^-([A-Za-z]+)/u.exec(value)?.[1] ?? "") short.add(letter);
  }
  return { short, long, words: whole };
}

/** True when every flag that a rule names is among those of a command, in any order, grouping, length or abbreviation. */
export function containsFlags(program: string, subcommand: string | null, rule: FlagSet, actual: FlagSet): boolean {
  if (wordFlagPrograms.has(program)) return [...rule.words].every((word) => hasWordFlag(actual, word));
  const names = { ...longNames[program], ...longNames[`${program} ${subcommand ?? ""}`] };
  return (
    [...rule.long].every((name) => hasLong(names, actual, name)) &&
    [...rule.short].every((letter) => hasShort(names, actual, letter))
  );
}

export function isFlag(value: string): boolean {
  return value.length > 1 && value.startsWith("-");
}

function hasWordFlag(actual: FlagSet, word: string): boolean {
  const plain = word.replace(/^--?/u, "");
  return actual.words.has(`-${plain}`) || actual.words.has(`--${plain}`);
}

function hasLong(names: Readonly<Record<string, string>>, actual: FlagSet, name: string): boolean {
  if ([...actual.long].some((given) => given === name || (given.length > 1 && name.startsWith(given)))) return true;
  return Object.entries(names).some(([letter, long]) => long === name && actual.short.has(letter));
}

function hasShort(names: Readonly<Record<string, string>>, actual: FlagSet, letter: string): boolean {
  if (actual.short.has(letter)) return true;
  const name = names[letter];
  return name !== undefined && hasLong(names, actual, name);
}
