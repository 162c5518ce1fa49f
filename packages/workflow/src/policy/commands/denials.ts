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
  noScript: "write the inner commands out instead of handing them to a shell at run time",
  noFunction: "call the command by its own name, without functions and aliases of that name",
  noVariable: "leave the variable as it is; run a program of the project through `npx` or by its listed name",
  noOption: "leave the option or setting out",
  useBash: "hand it to `bash -c`, or write the commands without a shell around them",
  noSettings: "write to a file of the project, for instance `> out.txt`",
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
      hint: toolFor[program] ?? "run a listed command; `cd`, `cat`, `grep`, `tail` and their like may stand beside it",
    }),
    onlyCompanions: (program) => ({
      code: "command_not_allowed",
      message: `${quote(program)} may only stand beside a command that phase ${phase} lists; ${lists}`,
      rule: options.rules.allowed,
      hint: toolFor[program] ?? "put it beside a listed command, or leave it out",
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

const readHint = "read files with the tool `read_files`";
const toolFor: Readonly<Record<string, string>> = {
  cat: readHint,
  head: readHint,
  tail: readHint,
  less: readHint,
  more: readHint,
  grep: "search with the tool `grep`",
  rg: "search with the tool `grep`",
  find: "list files with the tool `glob`",
  ls: "list files with the tool `glob`",
  tee: "write files with the tool `write_files`, where the phase allows it",
  sed: "change files with the tool `edit_files`, where the phase allows it",
};
