import { ownerOfHelper } from "./git-plumbing.ts";
import { allowedGitWords } from "./git-risk.ts";
import { literalWord, type ShellWord } from "./words.ts";

/** Options with which a program runs another: the one table of them, for listed programs and for forbidden ones. */
interface RunningOptions {
  /** Long options with which the program runs another one, or reads what to run from another place. */
  readonly long: readonly string[];
  readonly short?: readonly string[];
  /** True when an option may follow the words that were listed wherever `--` did not come before. */
  readonly readsAll?: boolean;
  /** What stands before the command in the value of such an option. */
  readonly lead?: RegExp;
  /** What stands before the command in an operand that holds one. */
  readonly operand?: RegExp;
  /** True when commas stand between the words of the command. */
  readonly isCommaList?: boolean;
}

/** The value of a setting: `ProxyCommand=x`, `ProxyCommand x`, `build.rustc="x"`. */
const setting = /^[\w.-]+\s*[= ]\s*["']?/u;
const compiler: RunningOptions = { long: ["wrapper"], isCommaList: true };
const netcat: RunningOptions = { long: ["exec", "sh-exec", "lua-exec"], short: ["-e", "-c"] };
const pager: RunningOptions = { long: [], operand: /^\+{1,2}:?!/u };

const packageManager: RunningOptions = {
  long: [
    "script-shell",
    "node-options",
    "shell",
    "editor",
    "viewer",
    "git",
    "browser",
    "userconfig",
    "globalconfig",
    "init-module",
    "use-node-version",
  ],
  readsAll: true,
};

const programs: Readonly<Record<string, RunningOptions>> = {
  npm: packageManager,
  pnpm: packageManager,
  yarn: packageManager,
  git: {
    long: [
      "ext-diff",
      "textconv",
      "open-files-in-pager",
      "upload-pack",
      "receive-pack",
      "exec",
      "exec-path",
      "config-env",
      "extcmd",
      "smtp-server",
      "sendmail-cmd",
      "to-cmd",
      "cc-cmd",
      "header-cmd",
      "access-hook",
      "httpd",
    ],
    operand: /^ext::/u,
  },
  "git grep": { long: [], short: ["-O"] },
  "git rebase": { long: [], short: ["-x"] },
  "git difftool": { long: [], short: ["-x"] },
  "git clone": { long: ["config", "template"], short: ["-u", "-c"], lead: /^[\w.-]+=["']?/u },
  sort: { long: ["compress-program"] },
  tar: {
    long: [
      "to-command",
      "use-compress-program",
      "checkpoint-action",
      "rsh-command",
      "info-script",
      "new-volume-script",
    ],
    short: ["-I", "-F"],
    lead: /^exec=/u,
  },
  rg: { long: ["pre", "hostname-bin"] },
  rsync: { long: ["rsh", "rsync-path"], short: ["-e"] },
  split: { long: ["filter"] },
  man: { long: ["pager", "html"], short: ["-P", "-H"] },
  ssh: { long: [], short: ["-o", "-F"], lead: setting },
  scp: { long: [], short: ["-o", "-F", "-S"], lead: setting },
  sftp: { long: [], short: ["-o", "-F", "-S"], lead: setting },
  make: { long: ["eval"], short: ["-E"], lead: /^[^;\n]*;/u, operand: programOfMake() },
  socat: { long: [], operand: /^(?:EXEC|SYSTEM|SHELL):["']?/iu },
  nc: netcat,
  ncat: netcat,
  netcat,
  less: pager,
  more: pager,
  zip: { long: ["unzip-command"], short: ["-TT"] },
  tcpdump: { long: [], short: ["-z"] },
  fzf: { long: ["preview", "bind"], lead: /^[\w-]*:?(?:execute|reload|become|preview|transform)[\w-]*[(:[{]/u },
  gcc: compiler,
  "g++": compiler,
  cc: compiler,
  "c++": compiler,
  go: { long: ["exec", "toolexec", "vettool"] },
  cargo: { long: ["config"], lead: setting },
};

/** Options of their own that are also the beginning of a longer one. */
const ownOptions = new Set(["global", "text", "exclude", "user"]);

/** Subcommands of git that run what follows them. */
const gitRunners: Readonly<Record<string, string | null>> = {
  bisect: "run",
  submodule: "foreach",
  "filter-branch": null,
  "for-each-repo": null,
  difftool: null,
  mergetool: null,
};

/**
 * The option, or word that may be one, with which a listed program would run another; null when there is none.
 * `named` are the words of the entries that list the program: what an entry names is accepted.
 */
export function programOption(
  program: string,
  words: readonly ShellWord[],
  named: ReadonlySet<string>,
  flagVariables: ReadonlySet<string>,
): string | null {
  const subcommand = program === "git" ? gitSubcommand(words) : null;
  const runner = subcommand === null ? undefined : gitRunners[ownerOfHelper(subcommand)];
  if (runner === null && !named.has(subcommand!)) return `git ${subcommand!}`;
  if (runner && words.some(({ value }) => value === runner) && !named.has(runner)) return `${subcommand!} ${runner}`;
  const tables = [programs[program], programs[`${program} ${subcommand ?? ""}`]].filter((table) => table !== undefined);
  for (const word of words) {
    if (word.value === "--") return null;
    const text = (word.value ?? word.source).replaceAll(/["'\\]/gu, "");
    const option = text.split("=", 1)[0]!;
    if (named.has(option) || named.has(text)) continue;
    if (program === "make" && /\$[({]/u.test(word.value ?? "")) return text.slice(0, 80);
    if (program === "make" && /^(?:SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKE)[:?+]*$/u.test(option)) return option;
    if (tables.some((table) => isRunning(table, option))) return option;
    if (tables.some(({ readsAll }) => readsAll) && mayBeOption(word, flagVariables)) return word.source.slice(0, 80);
  }
  return null;
}

function isRunning({ long, short }: RunningOptions, option: string): boolean {
  if (!option.startsWith("-")) return false;
  if (short?.some((letter) => option.startsWith(letter)) && !option.startsWith("--")) return true;
  const name = option.replace(/^-+/u, "");
  if (name.length < 3 || ownOptions.has(name)) return false;
  return long.some((running) => running.startsWith(name));
}

function mayBeOption({ value, variable, source, splits }: ShellWord, flagVariables: ReadonlySet<string>): boolean {
  if (value !== null) return false;
  if (variable !== null) return flagVariables.has(variable);
  return (splits && /^[$`{]/u.test(source)) || /^["']*-[^=]*[$`{]/u.test(source);
}

function gitSubcommand(words: readonly ShellWord[]): string | null {
  const [, first] = allowedGitWords([literalWord("git"), ...words]);
  return first?.value ?? null;
}

/**
 * The texts in a command that its program would run as another command: the values of such options, and operands.
 * A text with an unknown value is one that is known only at run time.
 */
export function runTexts(program: string, words: readonly ShellWord[]): readonly ShellWord[] {
  const subcommand = program === "git" ? gitSubcommand(words) : null;
  const tables = [programs[program], programs[`${program} ${subcommand ?? ""}`]].filter((table) => table !== undefined);
  return tables.flatMap((table) => words.flatMap((word, index) => textsAt(table, program, words, word, index)));
}

function textsAt(
  { long, short = [], lead, operand, isCommaList }: RunningOptions,
  program: string,
  words: readonly ShellWord[],
  word: ShellWord,
  index: number,
): readonly ShellWord[] {
  const text = word.value ?? unquoted(word.source);
  const next = words[index + 1];
  const made = (value: string): ShellWord =>
    without(lead, { ...word, ...(word.value === null ? {} : { value }), source: value });
  if (operand?.test(text) === true) return [without(operand, { ...word, source: text })];
  // `tar cfI a.tar cmd`, `npm config set script-shell cmd`
  if (program === "tar" && index === 0 && /^[A-Za-z]*[IF][A-Za-z]*$/u.test(text)) return words.slice(1);
  const key = text.split("=", 1)[0]!;
  const isSet = /^(?:set|config)$/u.test(words[index - 1]?.value ?? "") && long.includes(key);
  if (isSet) return text.includes("=") ? [made(text.slice(key.length + 1))] : next ? [next] : [];
  if (!text.startsWith("-")) return [];
  if (isRunning({ long }, key)) {
    if (text.includes("=")) return [made(text.slice(key.length + 1))];
    if (next && isCommaList && next.value !== null) return [{ ...next, value: next.value.replaceAll(",", " ") }];
    return next ? [without(lead, next)] : [];
  }
  if (text.startsWith("--")) return [];
  const letter = short.find((option) => text.startsWith(option) || text.slice(1).includes(option.slice(1)));
  if (letter === undefined) return [];
  const rest = text.slice(text.indexOf(letter.slice(1)) + letter.length - 1);
  return rest === "" ? (next ? [without(lead, next)] : []) : [made(rest)];
}

function without(lead: RegExp | undefined, word: ShellWord): ShellWord {
  const cut = (text: string): string =>
    (lead ? text.replace(lead, "") : text).replaceAll(/\$[({]shell\s/gu, "$(").replaceAll(/%(?=\s)/gu, "");
  return { ...word, value: word.value === null ? null : cut(word.value), source: cut(unquoted(word.source)) };
}

function unquoted(source: string): string {
  return /^"[^"]*"$/su.test(source) ? source.slice(1, -1) : source;
}

/** `SHELL=x`, `CC=x` and their like, and values that call the shell. */
function programOfMake(): RegExp {
  return /^(?:\.?SHELL\w*|MAKE|CC|CXX|CPP|LD|AR|AS|FC|RM|CP|MV|INSTALL|LEX|YACC|SED|AWK|GREP|\w*(?:CMD|COMMAND|RUN(?:NER)?|EXEC|LAUNCHER))[:?+]*=|^\w+[:?+]*=(?=.*\$[({]shell\s)/su;
}
