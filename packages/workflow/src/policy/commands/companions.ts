import type { ShellWord } from "./words.ts";

/** Commands that may stand beside a listed one: they read, print or wait. What they write by redirection is judged by the tree. */
export const companions: ReadonlySet<string> = new Set([
  "cd",
  "pwd",
  "true",
  "false",
  "echo",
  "printf",
  "test",
  "[",
  "cat",
  "head",
  "tail",
  "grep",
  "wc",
  "sort",
  "uniq",
  "cut",
  "tr",
  "sleep",
]);

/** Builtins that only steer the shell itself and its jobs. */
export const steering: ReadonlySet<string> = new Set([
  ":",
  "set",
  "shopt",
  "export",
  "unset",
  "declare",
  "typeset",
  "local",
  "readonly",
  "exit",
  "return",
  "break",
  "continue",
  "shift",
  "wait",
  "read",
  "umask",
  "let",
  "getopts",
  "mapfile",
  "readarray",
  "pushd",
  "popd",
  "dirs",
  "jobs",
  "times",
  "unalias",
  "type",
  "hash",
  "ulimit",
  "fg",
  "bg",
  "disown",
]);

/** Builtins whose arguments set variables. */
export const assigning: ReadonlySet<string> = new Set(["export", "declare", "typeset", "local", "readonly"]);
export const naming: ReadonlySet<string> = new Set(["read", "printf", "mapfile", "readarray", "getopts"]);

/** `kill %1`, `kill $!` and `kill -TERM "$pid"` of a job of the same command line. */
export function endsOwnJob(words: readonly ShellWord[]): boolean {
  const [first, ...rest] = words.slice(1);
  const jobs = first !== undefined && /^-(?:\d{1,2}|[A-Z][A-Z\d]*)$/u.test(first.value ?? "") ? rest : words.slice(1);
  return (
    words[0]?.value === "kill" && jobs.length > 0 && jobs.every(({ value }) => /^(?:%[\w%+-]+)?$/u.test(value ?? "$"))
  );
}
