import path from "node:path";
import type { RunSettings } from "./run-settings.ts";
import { testRunner } from "./test-runner.ts";

/** The words of a selection as a test runner takes them; quotes group, and nothing else has a meaning. */
export function selectionWords(selection: string): string[] {
  return [...selection.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** The command with `words` behind it, each one word whatever it holds. */
export function composeCommand(command: string, words: readonly string[]): string {
  return [command, ...words.map(quoteWord)].join(" ");
}

/** The command with the paths that the runner chose for `{report}` and `{coverage}`. */
export function placedCommand(command: string, places: { readonly report: string; readonly coverage: string }): string {
  return command.replaceAll(/\{(report|coverage)\}/g, (_, name: "report" | "coverage") => quoteWord(places[name]));
}

export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * True where test files can be named behind the command, so that only these run, and that leaves the rest of the
 * configuration as it is: pytest looks for its own from the files that it is given upwards.
 */
export function mayNameFiles(
  { command, cwd }: Pick<RunSettings, "command" | "cwd">,
  files: readonly string[],
): boolean {
  const runner = testRunner(command);
  if (runner?.takesFiles !== true) return false;
  if (runner.name !== "pytest") return true;
  const isConfiguration = /^(?:\.?pytest\.(?:ini|toml)|pyproject\.toml|tox\.ini|setup\.(?:cfg|py))$/;
  return files.every(
    (file) => !isConfiguration.test(path.posix.basename(file)) || path.posix.dirname(file) === (cwd || "."),
  );
}

/** Files as words for a command that runs in `cwd`; none of them can be taken for an option. */
export function fileWords(files: readonly string[], cwd: string): string[] {
  return files.map((file) => {
    const word = path.posix.relative(path.posix.join("/", cwd), path.posix.join("/", file));
    return word.startsWith("-") ? `./${word}` : word;
  });
}
