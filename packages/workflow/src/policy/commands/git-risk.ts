import type { ShellWord } from "./words.ts";

const runsCommand =
  /^(?:alias\.|core\.(?:pager|editor|sshcommand|fsmonitor|hookspath|gitproxy|askpass)|sequence\.editor|diff\.external|include|filter\.|credential\.|pager\.|gpg\.|.*\.(?:cmd|command|textconv|driver|process))/iu;
const harmlessValues = new Set(["", "cat", "true", "false", ":", "/dev/null"]);
const runningSubcommands = new Set(["bisect", "submodule", "rebase", "filter-branch", "difftool", "mergetool"]);

/** Why a git call could run another command than it names: a setting that makes one, an alias. null: it cannot. */
export function gitRisk(words: readonly ShellWord[]): string | null {
  for (const [index, word] of words.entries()) {
    const text = word.value ?? word.source;
    const setting = text === "-c" || text === "config" ? words.slice(index + 1) : [];
    const attached = /^(?:-c|--config-env=?)(.+)$/su.exec(text)?.[1];
    for (const candidate of [attached, ...setting.map(({ value, source }) => value ?? source)]) {
      if (candidate === undefined) continue;
      const [key, value] = splitSetting(candidate);
      if (runsCommand.test(key) && !harmlessValues.has(value ?? "?"))
        return `the git setting \`${key}\` runs a command`;
      if (text === "-c") break;
    }
    if (text.startsWith("--exec-path=")) return "`--exec-path` decides what git runs";
  }
  return null;
}

/** True for subcommands that run what their arguments say. */
export function gitLaunches(words: readonly ShellWord[]): boolean {
  return words.some(({ value }) => value !== null && runningSubcommands.has(value));
}

function splitSetting(text: string): readonly [string, string | null] {
  const end = text.indexOf("=");
  return end < 0 ? [text, null] : [text.slice(0, end), text.slice(end + 1)];
}
