import type { ShellWord } from "./words.ts";

const gitSettings =
  /(?:^|\/)\.git\/(?:config(?:\.worktree)?|hooks|modules|info\/attributes)(?:\/|$)|(?:^|\/)\.gitconfig$/u;
const outsideWorkspace = /^(?:~|\$\{?HOME\b|\/(?!workspace(?:\/|$)))/u;

/** True when a program that runs later reads the file for what to run: settings of git, dot files of a home. */
export function isSettingsFile({ value, source }: ShellWord): boolean {
  const path = (value ?? source).replaceAll(/["'\\]/gu, "").replaceAll(/\/(?:\.?\/)+/gu, "/");
  if (
    value === null &&
    (/^[^$`'"]*[*?[]/u.test(source) || /[$`].*\/(?:config|hooks\/[^/]*|\.npmrc|\.gitconfig)$/u.test(path))
  )
    return true;
  return gitSettings.test(path) || (outsideWorkspace.test(path) && /\/\.[^/.]/u.test(path));
}

/** True for a folder in which a relative path would be a settings file. */
export function isSettingsFolder({ value, source }: ShellWord): boolean {
  const path = (value ?? source).replaceAll(/["'\\]/gu, "");
  return path.split("/").includes(".git") || /^(?:~|\$\{?HOME\b|\/tmp\/home(?:\/|$))/u.test(path);
}

/** The files that a program which may always stand beside others would write, besides its output. */
export function filesWrittenBy(name: string, words: readonly ShellWord[]): readonly ShellWord[] {
  if (name === "uniq") return words.filter(({ value }) => value === null || !value.startsWith("-")).slice(1);
  if (name === "git") {
    return words.flatMap((word, index) => {
      if (/^--outp?u?t?$/u.test(words[index - 1]?.value ?? "")) return [word];
      const attached = /^--outp?u?t?=(.+)$/su.exec(word.value ?? "")?.[1];
      return attached === undefined ? [] : [{ ...word, value: attached }];
    });
  }
  if (name === "find") return words.filter((_, index) => /^-f(?:print|ls)/u.test(words[index - 1]?.value ?? ""));
  if (name !== "sort") return [];
  return words.flatMap((word, index) => {
    const attached = /^(?:-[A-Za-z]*o|--o[a-z]*=)(.+)$/su.exec(word.value ?? "")?.[1];
    if (attached !== undefined) return [{ ...word, value: attached }];
    const before = words[index - 1]?.value ?? "";
    return /^(?:-[A-Za-z]*o|--o[a-z]*)$/u.test(before) ? [word] : [];
  });
}
