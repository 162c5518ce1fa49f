import { hints } from "./denials.ts";
import { isSettingsFolder } from "./settings-files.ts";
import { changesReading } from "./shell-options.ts";
import type { ShellWord } from "./words.ts";

/** Why a builtin with these words would change what later words mean, and what to write instead; null: it does not. */
export function changedMeaning(name: string, words: readonly ShellWord[]): { why: string; hint: string } | null {
  switch (name) {
    case "cd":
    case "pushd":
      return words.some(isSettingsFolder)
        ? { why: "files in `.git` tell later commands what to run", hint: hints.noSettings }
        : null;
    case "alias":
      return words.length > 0 ? { why: "an alias changes what a word means", hint: hints.noFunction } : null;
    case "set":
    case "shopt": {
      const option = words.find(changesReading);
      return option ? { why: `\`${name} ${option.source}\` changes what is read`, hint: hints.noOption } : null;
    }
    case "unset": {
      const unset = words.find(({ value }) => value !== null && (/^-\w*f/u.test(value) || value === "PATH"));
      return unset ? { why: `\`unset ${unset.source}\` changes what a word means`, hint: hints.noFunction } : null;
    }
    case "hash":
    case "enable": {
      const changes = words.some(({ value }) => value === null || /^-\w*[pfn]/u.test(value));
      return changes ? { why: `\`${name}\` changes what a word means`, hint: hints.noFunction } : null;
    }
    case "complete":
    case "compgen":
    case "bind":
    case "fc":
      return { why: `\`${name}\` runs what its arguments say`, hint: hints.writeOut };
    case "declare":
    case "typeset":
    case "local":
    case "readonly":
      return words.some(({ value }) => value !== null && /^-\w*n/u.test(value))
        ? { why: "a name reference hides which variable is set", hint: hints.writeOut }
        : null;
    default:
      return null;
  }
}
