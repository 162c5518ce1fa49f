import type { Reason, RuleReference } from "@phasegate/wire";
import { quote, quoteList } from "../quote.ts";

/** The words of a denial, for one phase and its lists. */
export interface CommandDenials {
  notListed(program: string, command: string): Reason;
  onlyCompanions(program: string): Reason;
  forbidden(index: number, command: string): Reason;
  unresolved(why: string, hint: string): Reason;
}

export const hints = {
  writeOut: "write the command and its subcommand as plain words",
  plainProgram:
    'write the command and its subcommand as plain words; a path may begin with a variable in quotes, as in `"$PWD/run.sh"`',
  noScript: "write the inner commands out instead of handing them to a shell at run time",
  asArgument: "give what is filled in as an argument of its own, as in `sh -c 'wc -l \"$1\"' _ {}`",
  loop: 'go through the files in a loop, as in `for f in *.sh; do bash -n "$f"; done`',
  namedScript: "name the file, as in `bash script.sh`, or write its commands out",
  namedVariables: "name each variable, as in `export NAME=value`",
  sourcedVariables: "read such a file as `set -a; . ./.env; set +a`, or name each variable: `export NAME=value`",
  projectFolder: "name a folder of the project, or `cd` into it first",
  noFunction: "call the command by its own name, without functions and aliases of that name",
  noOption: "leave the option or setting out",
  useBash: "hand it to `bash -c`, or write the commands without a shell around them",
  noSettings: "write to a file of the project, for instance `> out.txt`",
  plainFile: "name the file in plain words, for instance `> out.txt`",
  plainNumber:
    "use plain names and numbers there; compare other values as `[ \"$x\" -eq 1 ]` and print them as `printf '%s'`",
  simplify: "check quotes and brackets, or split it into several calls",
} as const;

export function commandDenials(options: {
  phase: string;
  allowed: readonly string[] | null;
  forbidden: readonly string[];
  rules: { allowed: RuleReference; forbidden: readonly RuleReference[] };
}): CommandDenials {
  const phase = quote(options.phase);
  const listRule =
    options.allowed === null ? (options.rules.forbidden[0] ?? options.rules.allowed) : options.rules.allowed;
  const lists = options.allowed?.length ? `it lists ${quoteList(options.allowed)}` : "it lists none";
  return {
    notListed: (program, command) => ({
      code: "command_not_allowed",
      message: `phase ${phase} does not list the command ${quote(command, 80)}; ${lists}`,
      rule: options.rules.allowed,
      hint: withoutOptions(command, options.allowed ?? []) ?? hintFor(program, command),
    }),
    onlyCompanions: (program) => ({
      code: "command_not_allowed",
      message: `${quote(program)} may only stand beside a command that phase ${phase} lists; ${lists}`,
      rule: options.rules.allowed,
      hint: insteadOf[program] ?? "put it beside a listed command, or leave it out",
    }),
    forbidden: (index, command) => ({
      code: "command_not_allowed",
      message: `phase ${phase} forbids ${quote(options.forbidden[index] ?? command)}; seen in ${quote(command, 80)}`,
      rule: options.rules.forbidden[index] ?? listRule,
      hint: "leave it out; another spelling of it is refused as well",
    }),
    unresolved: (why, hint) => ({
      code: "command_not_allowed",
      message: `what would run cannot be told before it runs: ${why}`,
      rule: listRule,
      hint,
    }),
  };
}

/** Where options stand between the words of a listed command: which. */
function withoutOptions(command: string, allowed: readonly string[]): string | null {
  const words = command.slice(0, 500).split(/\s+/u);
  for (const entry of allowed) {
    const wanted = entry.split(/\s+/u);
    const extra: string[] = [];
    let found = 0;
    for (const word of words) {
      if (found === wanted.length || (found === 0 && word !== wanted[0])) break;
      if (word === wanted[found]) found += 1;
      else extra.push(word);
    }
    if (found === wanted.length && extra[0]?.startsWith("-") === true) {
      return `leave ${quote(extra.join(" "), 80)} out: ${quote(entry)} is listed`;
    }
  }
  return null;
}

function hintFor(program: string, command: string): string {
  if (program === "sed" && !/\s(?:-[a-zA-Z]*i|--in-place)/u.test(command)) return filterHint;
  return insteadOf[program] ?? "run a listed command; `cd`, `cat`, `grep`, `tail` and their like may stand beside it";
}

const readHint = "read files with the tool `read_files`";
const folderHint = "leave it out; `write_files` makes the folders of the files that it writes";
const filterHint =
  "read files with the tool `read_files`; behind a pipe use `grep`, `head`, `tail`, `cut`, `tr`, `sort` or `uniq`";
const sourceHint = "set the variables in front of the command instead, as in `NAME=value command`";

/** What to do instead of a program that is not listed. */
const insteadOf: Readonly<Record<string, string>> = {
  cat: readHint,
  head: readHint,
  tail: readHint,
  less: "leave it out, output needs no pager; read files with the tool `read_files`",
  more: "leave it out, output needs no pager; read files with the tool `read_files`",
  grep: "search with the tool `grep`",
  rg: "search with the tool `grep`",
  find: "list files with the tool `glob`",
  ls: "list files with the tool `glob`",
  tree: "list files with the tool `glob`",
  tee: "send the output to a file with `> out.txt 2>&1` and read that; write files with the tool `write_files`, where the phase allows it",
  sed: "change files with the tool `edit_files`, where the phase allows it",
  awk: filterHint,
  jq: filterHint,
  perl: filterHint,
  touch: "write files with the tool `write_files`, where the phase allows it",
  mkdir: folderHint,
  which: "ask with `command -v <program>`",
  seq: "count with `{1..10}`, as in `for i in {1..10}`",
  basename: "take the last part of a path as `${path##*/}`",
  dirname: "take the folder of a path as `${path%/*}`",
  mktemp: "name a file below `/tmp` yourself",
  date: "print the time as `printf '%(%T)T\\n'`, and measure with `$SECONDS` or `time`",
  yes: "answer with `echo y |`, or with the program's own option for it",
  env: 'print a variable with `echo "$NAME"`',
  source: sourceHint,
  ".": sourceHint,
  nvm: "leave it out; the runtime is what the sandbox gives",
  kill: "end only what the line itself started, as in `kill %1` or `kill $!`",
  sudo: "run the command itself; no more rights are to be had",
};
