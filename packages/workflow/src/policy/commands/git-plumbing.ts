import { leadingOperands } from "./operands.ts";
import { literalWord, type ShellWord } from "./words.ts";

/** What a lower command of git does of the commands that people use. */
interface Plumbing {
  /** The commands whose effect it has: with the same options, or with any that an entry may name. */
  readonly of: Readonly<Record<string, "same options" | "any options">>;
  /** Whether it has that effect with these words; always where nothing is said. */
  readonly when?: (words: readonly ShellWord[]) => boolean;
}

const any = "any options";
const same = "same options";
const transport: Plumbing = { of: { push: any, fetch: any, pull: any, clone: any } };
const reading: Plumbing = { of: { fetch: any, pull: any, clone: any } };
const merging: Plumbing = { of: { merge: any } };
const commit: Plumbing = { of: { commit: any } };

/** By the command's name, which may stand in several rows. */
const plumbing: readonly (readonly [string, Plumbing])[] = [
  ["send-pack", { of: { push: same } }],
  ["http-push", { of: { push: same } }],
  ["receive-pack", { of: { push: any } }],
  ["daemon", { of: { push: any } }],
  ["cvsexportcommit", { of: { push: any } }],
  ["subtree", { of: { push: any }, when: begins("push") }],
  ["subtree", { of: { commit: same }, when: begins("add", "merge", "pull", "split") }],
  ["svn", { of: { push: any }, when: begins("dcommit") }],
  ["p4", { of: { push: any }, when: begins("submit") }],
  ["lfs", { of: { push: any }, when: begins("push") }],

  ["fetch-pack", reading],
  ["http-fetch", reading],
  ["bundle", { ...reading, when: begins("unbundle") }],
  ["archive", { ...reading, when: has(/^--rem/u) }],
  ["remote", { of: { fetch: any }, when: begins("update") }],
  ["pull", { of: { fetch: any, merge: any } }],

  ["fetch", { of: { tag: any }, when: makesTag }],
  ["pull", { of: { tag: any }, when: makesTag }],
  ["push", { of: { tag: any }, when: makesTag }],

  ["commit-tree", commit],
  ["am", commit],
  // Made of commits, and no lower commands: an entry with an option says nothing of those that do not have it.
  ["cherry-pick", { of: { commit: same }, when: picks }],
  ["revert", { of: { commit: same }, when: picks }],
  ["merge", { of: { commit: same }, when: mergesInACommit }],
  ["replace", { of: { commit: same }, when: has(/^--(?:gr|ed|convert)/u) }],
  ["citool", commit],
  ["hash-object", { ...commit, when: has(/commit$/u) }],
  ["fast-import", { of: { commit: any, branch: any, tag: any } }],
  ["mktag", { of: { tag: any } }],
  ["update-ref", { of: { branch: any, tag: any, reset: same } }],
  ["symbolic-ref", { of: { branch: any, checkout: any, switch: any }, when: setsReference }],

  ["merge-recursive", merging],
  ["merge-resolve", merging],
  ["merge-octopus", merging],
  ["merge-ours", merging],
  ["merge-subtree", merging],
  ["merge-index", merging],
  ["merge-one-file", merging],
  [
    "read-tree",
    { of: { checkout: any, switch: any, restore: any, reset: any, merge: any }, when: has(/^-[a-z]*[um]|^--res/u) },
  ],
  ["checkout-index", { of: { checkout: any, restore: any, reset: any }, when: (words) => !has(/^--pre/u)(words) }],
  ["update-index", { of: { add: any, rm: any }, when: takesContent }],
  ["stage", { of: { add: same } }],
  ["init-db", { of: { init: same } }],
];

/** A call of git as another one that has its effect. */
export interface GitReading {
  readonly words: readonly ShellWord[];
  /** False for a call of the same command, with what its operands say as options. */
  readonly isOther: boolean;
  /** False where an entry's options say nothing about it: it can do what the command does with any of them. */
  readonly hasOptions: boolean;
}

/**
 * The calls of commands that people use whose effect a call of git has although it is written in another way: by a lower
 * command that they are made of, by a helper of theirs, by operands that say what an option says.
 */
export function gitReadings(words: readonly ShellWord[]): readonly GitReading[] {
  const place = leadingOperands("git", words.slice(1)).at(-1);
  const name = place === undefined ? null : words[place + 1]!.value;
  if (place === undefined || name === null) return [];
  const before = words.slice(0, place + 1);
  const rest = words.slice(place + 2);
  const as = (porcelain: string, hasOptions: boolean): GitReading => ({
    words: [...before, literalWord(porcelain), ...rest],
    isOther: true,
    hasOptions,
  });
  const does = rowsOf(name).flatMap(({ of, when }) => ((when?.(rest) ?? true) ? Object.entries(of) : []));
  const helped = ownerOfHelper(name);
  const readings = [
    ...does.map(([porcelain, options]) => as(porcelain, options === same)),
    ...(helped === name ? [] : [as(helped, false)]),
  ];
  const saidByOperands =
    name === "push" || rowsOf(name).some(({ of }) => of["push"] === same) ? optionsOfReferences(rest) : [];
  if (saidByOperands.length === 0) return readings;
  const spelledOut = [...before, literalWord("push"), ...saidByOperands, ...rest];
  return [...readings, { words: spelledOut, isOther: name !== "push", hasOptions: true }];
}

/** The lower commands that have the effect of a command whatever stands behind them, as patterns of their names. */
export function plumbingOf(porcelain: string): readonly string[] {
  const names = plumbing.filter(([, row]) => porcelain in row.of && !row.when).map(([name]) => name);
  return porcelain in transport.of ? [...names, "remote-(?:https?|ftps?|ext|fd)"] : names;
}

/** The command whose helper a word names: `submodule` of `submodule--helper`; any other word as it is. */
export function ownerOfHelper(name: string): string {
  return /^([a-z][a-z-]*?)--[a-z]/u.exec(name)?.[1] ?? name;
}

function rowsOf(name: string): readonly Plumbing[] {
  if (/^remote-(?:https?|ftps?|ext|fd)$/u.test(name)) return [transport];
  return plumbing.flatMap(([known, row]) => (known === name ? [row] : []));
}

/** `+main` is `--force`, `:main` is `--delete`, `--mirror` is both. */
function optionsOfReferences(words: readonly ShellWord[]): readonly ShellWord[] {
  const mirrors = has(/^--mir/u)(words);
  return [
    ...(mirrors || has(/^\+/u)(words) ? [literalWord("--force")] : []),
    ...(mirrors || has(/^:./u)(words) ? [literalWord("--delete")] : []),
  ];
}

/** False for what only goes back, and for changes that are left to be committed. */
function picks(words: readonly ShellWord[]): boolean {
  return words.length > 0 && !has(/^--(?:abort|quit|skip|no-commit)$|^-[a-z]*n/u)(words);
}

/** A merge that goes ahead without a commit of its own makes none. */
function mergesInACommit(words: readonly ShellWord[]): boolean {
  return !has(/^--(?:abort|quit|no-commit|squash|ff-only)$/u)(words);
}

function begins(...operands: readonly string[]): (words: readonly ShellWord[]) => boolean {
  return (words) => {
    const first = words.find(({ value }) => value?.startsWith("-") !== true)?.value;
    return first === null || (first !== undefined && operands.includes(first));
  };
}

/** `HEAD:refs/tags/v1` makes a tag here or there. */
function makesTag(words: readonly ShellWord[]): boolean {
  return has(/^\+?[^:-][^:]*:(?:refs\/)?tags\//u)(words);
}

function has(pattern: RegExp): (words: readonly ShellWord[]) => boolean {
  return (words) => words.some(({ value }) => value !== null && pattern.test(value));
}

/** `git symbolic-ref HEAD` reads; with a second operand or `--delete` it writes. */
function setsReference(words: readonly ShellWord[]): boolean {
  const operands = words.filter(({ value }, index) => {
    const isOption = value?.startsWith("-") === true;
    return !isOption && words[index - 1]?.value !== "-m";
  });
  return operands.length > 1 || operands.some(({ splits }) => splits) || has(/^-[a-z]*d|^--d/u)(words);
}

/** False for marks of files and a look at their times. */
function takesContent(words: readonly ShellWord[]): boolean {
  const reads = has(/^--(?:really-)?refresh$|^--(?:no-)?(?:assume-unchanged|skip-worktree)$/u)(words);
  return !reads || has(/^--(?:ad|re(?:mo|place)|forc|cacheinf|index-in|ag)|^-[a-z]*g/u)(words);
}
