import { allowedGitWords } from "./git-risk.ts";
import { literalWord, type ShellWord } from "./words.ts";

interface RunningOptions {
  /** Long options with which the program runs another one, or reads what to run from another place. */
  readonly long: readonly string[];
  readonly short?: readonly string[];
  /** True when an option may follow the words that were listed wherever `--` did not come before. */
  readonly readsAll?: boolean;
}

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
    ],
  },
  "git grep": { long: [], short: ["-O"] },
  "git rebase": { long: [], short: ["-x"] },
  "git difftool": { long: [], short: ["-x"] },
  "git clone": { long: ["config", "template"], short: ["-u", "-c"] },
  sort: { long: ["compress-program"] },
  tar: { long: ["to-command", "use-compress-program", "checkpoint-action", "rsh-command"], short: ["-I", "-F"] },
  rg: { long: ["pre", "hostname-bin"] },
  rsync: { long: ["rsh", "rsync-path"], short: ["-e"] },
  split: { long: ["filter"] },
  man: { long: ["pager", "html"], short: ["-P", "-H"] },
  ssh: { long: [], short: ["-o", "-F"] },
  make: { long: ["eval"], short: ["-E"] },
  go: { long: ["exec", "toolexec", "vettool"] },
  cargo: { long: ["config"] },
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
  const runner = subcommand === null ? undefined : gitRunners[subcommand];
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
