import { ownerOfHelper } from "./git-plumbing.ts";
import type { ShellWord } from "./words.ts";

const runsCommand =
  /^(?:alias\.|help\.autocorrect|imap\.tunnel|instaweb\.httpd|sendemail\.(?:.+\.)?(?:\w*cmd|smtpserver)$|lfs\.(?:extension|customtransfer)\.|core\.(?:pager|editor|sshcommand|fsmonitor|hookspath|gitproxy|askpass|alternaterefscommand)|sequence\.editor|diff\.external|include(?:if)?\.|filter\.|credential\.|pager\.|gpg\.|.*\.(?:cmd|command|textconv|driver|process|path|program|vcs|uploadpack|receivepack|packobjectshook|browser|update|allow|recentobjectshook|insteadof|templatedir|difffilter))/iu;
const harmlessValues = new Set(["", "cat", "true", "false", ":", "/dev/null"]);
const runningSubcommands = new Set(["bisect", "submodule", "rebase", "filter-branch", "difftool", "mergetool"]);

/** Why a git call could run another command than it names: a setting that makes one, an alias. null: it cannot. */
export function gitRisk(words: readonly ShellWord[]): string | null {
  let isSetting = false;
  let isConfig = false;
  for (const word of words) {
    const text = word.value ?? word.source;
    const attached = /^(?:-c|--config-env=?)(.+)$/su.exec(text)?.[1];
    for (const candidate of [attached, isSetting || isConfig ? text : undefined]) {
      if (candidate === undefined) continue;
      const [key, value] = splitSetting(candidate);
      if (runsCommand.test(key) && !harmlessValues.has(value ?? "?"))
        return `the git setting \`${key}\` runs a command`;
    }
    isSetting = text === "-c" || text === "--config-env";
    isConfig ||= text === "config";
    if (text === "for-each-repo") return "`git for-each-repo` runs git with other words";
    if (text === "remote-ext") return "`git remote-ext` runs what its words say";
    if (text.startsWith("--exec-path=")) return "`--exec-path` decides what git runs";
  }
  return null;
}

const harmlessOptions = new Set([
  "--no-pager",
  "-P",
  "--no-optional-locks",
  "--no-replace-objects",
  "--literal-pathspecs",
  "--glob-pathspecs",
  "--noglob-pathspecs",
  "--icase-pathspecs",
]);

/** A git call without the options before its subcommand that change nothing about what it runs. */
export function allowedGitWords(words: readonly ShellWord[]): readonly ShellWord[] {
  let start = 1;
  for (;;) {
    const value = words[start]?.value;
    if (typeof value === "string" && harmlessOptions.has(value)) start++;
    else if (value === "-C" && isInside(words[start + 1]?.value)) start += 2;
    else return start === 1 ? words : [words[0]!, ...words.slice(start)];
  }
}

/** True for a folder below the one that the command stands in. */
function isInside(folder: string | null | undefined): boolean {
  return typeof folder === "string" && !folder.startsWith("/") && !folder.split("/").includes("..");
}

/** True for subcommands that run what their arguments say. */
export function gitLaunches(words: readonly ShellWord[]): boolean {
  return words.some(({ value }) => value !== null && runningSubcommands.has(ownerOfHelper(value)));
}

function splitSetting(text: string): readonly [string, string | null] {
  const end = text.indexOf("=");
  return end < 0 ? [text, null] : [text.slice(0, end), text.slice(end + 1)];
}
