import type { ShellWord } from "./words.ts";

/** Reads the commands out of what a program gets as its input. */
type ReadCommands = (input: string) => readonly string[];

const wholeText: ReadCommands = (input) => [input];
const lines: ReadCommands = (input) => input.split("\n").filter((line) => line.trim() !== "");

/** Recipes of a makefile, with what it hands to the shell while it is read. */
const recipes: ReadCommands = (input) =>
  lines(input).flatMap((line) => {
    const recipe = /^(?:\t|[^\t#=]*:[^;=]*;)\s*[@+-]*(.*)$/su.exec(line)?.[1];
    const calls = [...line.matchAll(/\$[({]shell\s+([^)}]*)/gu)].map((match) => match[1]!);
    const shell = /^\s*SHELL\s*[:?+]*=(.*)$/u.exec(line)?.[1];
    return [recipe, shell, ...calls].filter((text) => text !== undefined);
  });

const schedules: ReadCommands = (input) =>
  lines(input).map((line) => line.replace(/^\s*(?:@\w+|(?:[\d*,/-]+\s+){5})\s*/u, ""));

const readers: ReadonlySet<string> = new Set(["at", "batch", "crontab", "parallel", "make", "gmake"]);

/** How a program that runs commands from its input finds them there; null when it does not with these words. */
export function inputCommands(name: string, words: readonly ShellWord[]): ReadCommands | null {
  if (!readers.has(name)) return null;
  const values = words.slice(1).map(({ value }) => value ?? "");
  switch (name) {
    case "at":
      return values.some((value) => /^-(?:\w*[flrdc]|-file)/u.test(value)) ? null : wholeText;
    case "batch":
      return values.some((value) => value.startsWith("-f")) ? null : wholeText;
    case "crontab":
      return values.every((value) => value === "-" || value === "-u" || value === "-i") ? schedules : null;
    case "parallel":
      return values.every((value) => value.startsWith("-") || /^\d+%?$/u.test(value)) && !values.includes("--version")
        ? lines
        : null;
    case "make":
    case "gmake":
      return values.some((value, index) => readsInput(value, values[index + 1])) ? recipes : null;
    default:
      return null;
  }
}

function readsInput(value: string, next: string | undefined): boolean {
  const file = /^(?:-[a-zA-Z]*f|--(?:make)?file)=?(.*)$/u.exec(value)?.[1];
  return (
    file !== undefined &&
    /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/u.test(file === "" ? (next ?? "") : file)
  );
}
