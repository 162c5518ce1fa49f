import { launchesFromAwk } from "./awk-code.ts";
import type { CommandEntry } from "./entries.ts";
import { plumbingOf } from "./git-plumbing.ts";

const processes =
  /system|exec|spawn|popen|fork|process|shell|\beval\b|__import__|import_module|getattr|\bpty\b|`|%x|\bqx\b|\brequire\b\s*\(?\s*[^'"\s(]/iu;
const awkCommands = /\bsystem\b|\||getline|@/u;
const debuggerCommands = /shell|!|system|python|pipe|\bmake\b/u;
const editorCommands = /!|\bsystem\b|\bterm/iu;

/** Interpreters, whose inline code is looked through for what is forbidden, each with how its code runs a command. */
const launchPatterns: Readonly<Record<string, RegExp>> = {
  python: processes,
  pypy: processes,
  node: processes,
  nodejs: processes,
  deno: /./su,
  bun: processes,
  tsx: processes,
  "ts-node": processes,
  perl: /system|exec|open|fork|`|qx|eval|syscall|IPC|\||\/e\b|\be\b/u,
  ruby: /system|exec|spawn|open|fork|eval|send|`|%x|\|/iu,
  php: /system|exec|passthru|open|eval|`|call_user/iu,
  lua: /execute|popen|load|require/u,
  awk: awkCommands,
  gawk: awkCommands,
  mawk: awkCommands,
  nawk: awkCommands,
  tclsh: /exec|open|eval|source/u,
  wish: /exec|open|eval|source/u,
  expect: /spawn|exec|open|system/u,
  gdb: debuggerCommands,
  lldb: debuggerCommands,
  mysql: /\\!|\bsystem\b/u,
  ftp: /!/u,
  sftp: /!/u,
  telnet: /!/u,
  dc: /!/u,
  m4: /e?syscmd/u,
  julia: /`|\brun\b/u,
  guile: /system|pipe/u,
  ghc: /process|command/iu,
  irb: /system|exec|spawn|open|`|%x/iu,
  osascript: /./su,
  Rscript: /system|shell|pipe|eval/u,
  R: /system|shell|pipe|eval/u,
  java: /./su,
  jshell: /./su,
  ghci: /./su,
  erl: /cmd|open_port/u,
  elixir: /cmd|shell|open/iu,
  vim: editorCommands,
  vi: editorCommands,
  nvim: editorCommands,
  ed: editorCommands,
  ex: editorCommands,
  emacs: /./su,
  // `e` alone, with a command or as a flag of `s`: it has no letter on one side of it.
  // Right behind an address or another command, what it runs may follow it without a blank.
  sed: /(?:^|[^A-Za-z])[gpIiMm\d]*e[gpIiMmw\d]*(?:[^A-Za-z]|$)|(?:^|=|[\n;{}\d$!,/])[ \t]*e(?=[\w./])/u,
  sqlite: /\.(?:shell|system|import|once|output|open)|\|/u,
  psql: /\\|\bprogram\b/iu,
};

/** Names of interpreters, without the version at their end. */
export const interpreters: ReadonlySet<string> = new Set(Object.keys(launchPatterns));

/** Inline code that can run commands, as `mentions` looks through it; null where it can run none. */
export function launchingCode(interpreter: string, code: string | null): string | null {
  if (code === null || launchPatterns[interpreter]?.test(code) !== true) return null;
  if (/^[gmn]?awk$/u.test(interpreter)) return launchesFromAwk(code) ? code : null;
  return interpreter === "sed" ? commandsOfSed(code) : code;
}

/** `s/x/command/e`: what is put in is run. An escaped or bracketed delimiter ends nothing; each part is looked at as far as is cheap. */
const replacedAndRun =
  /s([^\w\s\\])(?:\\.|\[[^\]]{0,64}\]|(?!\1)[^\\[]){0,500}\1(?=(?:\\.|(?!\1)[^\\]){0,500}\1[gpIiMm\d]*e[gpIiMmw\d]*\s*(?:$|[;}\n]))/su;
/** `s/x/command/;e`: so is what is there then, where `e` names no command of its own. */
const replaced = /s([^\w\s\\])(?:\\.|\[[^\]]{0,64}\]|(?!\1)[^\\[]){0,500}\1/gsu;
const runsWhatIsThere = /(?:^|[\n;{}\d$!,/])[ \t]*e[ \t]*(?:$|[;}\n])/u;

/** `1ecommand`: nothing need stand between. */
const attached = /(^|=|[\n;{}\d$!,/][ \t]*)e(?=[\w./])/gu;

/** What a script of sed would run, behind a sign that mentions look for. */
function commandsOfSed(code: string): string {
  return code.replace(runsWhatIsThere.test(code) ? replaced : replacedAndRun, "`").replaceAll(attached, "$1`");
}

/** True when code that can run commands names this one: `subprocess.run(["git", "commit"])`. */
export function mentions(entry: CommandEntry, code: string): boolean {
  if (!entry.words || !/[\s'"(`!|]/u.test(code)) return false;
  const words = entry.words
    .filter((word) => word !== "*")
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`))
    .map((word, index) => {
      const lower = entry.program === "git" && index === 1 ? plumbingOf(word) : [];
      return lower.length === 0 ? word : `(?:${[word, ...lower].join("|")})`;
    });
  const between = words.join("[^A-Za-z0-9]+");
  const place =
    words.length > 1
      ? `(?<![\\w-])${between}(?![\\w-])`
      : `(?:["'\`!|;&(]|(?<![A-Za-z])e|shell|system|exec|spawn|syscmd)\\s*${between}(?![\\w-])`;
  return new RegExp(place, "u").test(code);
}
