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

/** Builtins that only steer the shell itself. */
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
]);

/** Builtins whose arguments set variables. */
export const assigning: ReadonlySet<string> = new Set(["export", "declare", "typeset", "local", "readonly"]);
export const naming: ReadonlySet<string> = new Set(["read", "printf", "mapfile", "readarray", "getopts"]);
