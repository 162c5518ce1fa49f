import { hints } from "./denials.ts";
import { isSettingsFolder } from "./settings-files.ts";
import { type OptionShape, type ReadOptions, readOptions } from "./options.ts";
import { baseName, type ShellWord, appendedWord, literalWord, withPlaceholder } from "./words.ts";

/** What a wrapper runs. */
export type Unwrapped =
  /** No wrapper: the command is what it says. */
  | { readonly kind: "command" }
  /** Only asks, or runs nothing. */
  | { readonly kind: "nothing" }
  | { readonly kind: "words"; readonly words: readonly ShellWord[]; readonly assigned: readonly ShellWord[] }
  /** Several commands, each of which is run, and whether the wrapper does harm of its own. */
  | { readonly kind: "several"; readonly commands: readonly (readonly ShellWord[])[]; readonly harmless: boolean }
  | { readonly kind: "script"; readonly text: string }
  /** A shell that reads its script from standard input. */
  | { readonly kind: "stdin" }
  /** `hint` where another one than to write the commands out is of help. */
  | { readonly kind: "unknown"; readonly why: string; readonly hint?: string };

const plainWrappers: Readonly<Record<string, OptionShape>> = {
  nohup: { short: "" },
  nice: { short: "n", long: ["adjustment"] },
  ionice: { short: "cn", long: ["class", "classdata"], queries: "pPu" },
  time: { short: "of", long: ["output", "format"] },
  stdbuf: { short: "ioe", long: ["input", "output", "error"] },
  setsid: { short: "" },
  timeout: { short: "ks", long: ["kill-after", "signal"], operands: 1 },
  gtimeout: { short: "ks", long: ["kill-after", "signal"], operands: 1 },
  command: { short: "", queries: "vV" },
  builtin: { short: "" },
  exec: { short: "a" },
  sudo: {
    short: "ugChpDRrtTU",
    long: [
      "user",
      "group",
      "close-from",
      "host",
      "prompt",
      "chdir",
      "chroot",
      "role",
      "type",
      "command-timeout",
      "other-user",
    ],
    queries: "lv",
  },
  doas: { short: "uC" },
};
const envOptions: OptionShape = { short: "uCSa", long: ["unset", "chdir", "split-string", "argv0"] };
const xargsOptions: OptionShape = {
  short: "InPLsadE",
  optional: "iel",
  long: ["max-args", "max-procs", "max-chars", "arg-file", "delimiter", "process-slot-var"],
};

export const shells: ReadonlySet<string> = new Set([
  "sh",
  "bash",
  "dash",
  "zsh",
  "ksh",
  "ash",
  "mksh",
  "rbash",
  "fish",
  "csh",
  "tcsh",
]);

/** Names with a meaning of their own here; a function of that name would change what a command means. */
export const wrapperNames: ReadonlySet<string> = new Set([
  ...Object.keys(plainWrappers),
  ...shells,
  "env",
  "xargs",
  "find",
  "eval",
  "source",
  ".",
  "trap",
  "alias",
  "hash",
  "enable",
]);

/** Takes one wrapper off a command. `words[0]` is known. */
export function unwrap(words: readonly ShellWord[]): Unwrapped {
  const name = baseName(words[0]!.value!);
  const rest = words.slice(1);
  const shape = plainWrappers[name];
  if (shape) return unwrapPlain(shape, rest);
  if (shells.has(name)) return unwrapShell(rest);
  switch (name) {
    case "env":
      return unwrapEnv(rest);
    case "xargs":
      return unwrapXargs(rest);
    case "find":
      return unwrapFind(rest);
    case "eval":
      return joined(rest, "`eval` gets its text at run time");
    case "trap":
      return unwrapTrap(rest);
    case "source":
    case ".":
      return rest[0] !== undefined && isRuntimeFile(rest[0])
        ? { kind: "unknown", why: `\`${name}\` reads commands that exist only at run time`, hint: hints.writeOut }
        : { kind: "command" };
    default:
      return unwrapGit(name, rest);
  }
}

/** `git-push` of git's own folder is `git push`. */
function unwrapGit(name: string, rest: readonly ShellWord[]): Unwrapped {
  const subcommand = /^git-([a-z][a-z-]*)$/u.exec(name)?.[1];
  if (subcommand === undefined) return { kind: "command" };
  return { kind: "words", words: [literalWord("git"), literalWord(subcommand), ...rest], assigned: [] };
}

function unwrapTrap(words: readonly ShellWord[]): Unwrapped {
  const action = words[0]?.value === "--" ? words[1] : words[0];
  const isQuery = action === undefined || action.value === "-" || /^-[lp]+$/u.test(action.value ?? "");
  return isQuery ? { kind: "nothing" } : joined([action], "`trap` gets its command at run time");
}

function unwrapPlain(shape: OptionShape, words: readonly ShellWord[]): Unwrapped {
  const { end, isQuery, values } = readOptions(shape, words);
  if (isQuery) return { kind: "nothing" };
  const inner = words.slice(end + (shape.operands ?? 0));
  if (inner.length === 0) return { kind: "nothing" };
  return calledAs(shape === plainWrappers["exec"] ? values : [], inner, []);
}

/** Programs that do what the name says by which they are called. */
const namedByCall: ReadonlySet<string> = new Set(["git", "busybox", "toybox", "coreutils"]);

/** `exec -a git-push git` is `git push`. */
function calledAs(
  values: ReadOptions["values"],
  words: readonly ShellWord[],
  assigned: readonly ShellWord[],
): Unwrapped {
  const given = values.findLast(({ name }) => name === "a" || name === "argv0");
  const program = words[0]?.value ?? null;
  if (given === undefined || program === null || !namedByCall.has(baseName(program))) {
    return { kind: "words", words, assigned };
  }
  const name = given.value?.value ?? null;
  if (name === null) {
    return {
      kind: "unknown",
      why: `a name that is decided at run time says what \`${program}\` does`,
      hint: hints.writeOut,
    };
  }
  const isGit = baseName(program) === "git";
  if (isGit && !/^git-[a-z]/u.test(baseName(name))) return { kind: "words", words, assigned };
  return { kind: "words", words: [literalWord(baseName(name)), ...words.slice(1)], assigned };
}

function unwrapEnv(words: readonly ShellWord[]): Unwrapped {
  const { end, values } = readOptions(envOptions, words);
  const split = values.find(({ name }) => name === "S" || name === "split-string");
  if (split) {
    const rest = words.slice(split.index + 1);
    return joined(split.value === null ? [] : [split.value, ...rest], "`env -S` gets its text at run time");
  }
  if (
    values.some(({ name, value }) => (name === "C" || name === "chdir") && (value === null || isSettingsFolder(value)))
  ) {
    return { kind: "unknown", why: "files in that folder tell later commands what to run", hint: hints.projectFolder };
  }
  const start = words[end]?.value === "-" ? end + 1 : end;
  const assigned: ShellWord[] = [];
  for (const [offset, word] of words.slice(start).entries()) {
    const text = word.value ?? word.source;
    if (/^[^=]+=/su.test(text)) assigned.push(word);
    else if (word.value === null && word.splits) {
      return { kind: "unknown", why: "a word of `env` is decided at run time", hint: hints.writeOut };
    } else return calledAs(values, words.slice(start + offset), assigned);
  }
  return { kind: "nothing" };
}

function unwrapXargs(words: readonly ShellWord[]): Unwrapped {
  const { end, values } = readOptions(xargsOptions, words);
  if (values.some(({ name }) => name === "process-slot-var")) {
    return {
      kind: "unknown",
      why: "`xargs --process-slot-var` sets a variable for what it runs",
      hint: hints.noOption,
    };
  }
  const inner = words.slice(end);
  if (inner.length === 0) return { kind: "nothing" };
  const place = values.findLast(({ name }) => name === "I" || name === "i" || name === "replace");
  if (!place) return { kind: "words", words: [...inner, appendedWord], assigned: [] };
  const placeholder = place.value === null ? "{}" : place.value.value;
  if (placeholder === null)
    return { kind: "unknown", why: "what `xargs` fills in is decided at run time", hint: hints.writeOut };
  return { kind: "words", words: inner.map((word) => withPlaceholder(word, placeholder)), assigned: [] };
}

function unwrapFind(words: readonly ShellWord[]): Unwrapped {
  const commands: (readonly ShellWord[])[] = [];
  let harmless = true;
  for (let index = 0; index < words.length; index++) {
    const value = words[index]!.value;
    if (value === null && words[index]!.splits && words[index]!.source.startsWith("$")) {
      return { kind: "unknown", why: "an expression of `find` is decided at run time", hint: hints.writeOut };
    }
    if (value !== null && /^-(?:delete|fprint0?|fprintf|fls)$/u.test(value)) harmless = false;
    if (value === null || !/^-(?:exec|execdir|ok|okdir)$/u.test(value)) continue;
    const end = words.findIndex((word, at) => at > index && (word.value === ";" || word.value === "+"));
    const inner = words.slice(index + 1, end < 0 ? words.length : end);
    // The path that find fills in begins with where it started, so it is an operand, yet no command to be sure of.
    const [first, ...others] = inner;
    if (first) commands.push([withPlaceholder(first, "{}"), ...others.map(withPathInside)]);
    index = end < 0 ? words.length : end;
  }
  return commands.length === 0 ? { kind: "command" } : { kind: "several", commands, harmless };
}

/** `sh -c 'wc -l {}'`: the name of a file becomes a part of a text that is read as commands. */
function withPathInside(word: ShellWord): ShellWord {
  return word.value !== null && /[\s;&|<>()$`]/u.test(word.value) ? withPlaceholder(word, "{}") : word;
}

function unwrapShell(words: readonly ShellWord[]): Unwrapped {
  let takesScript = false;
  let takesInput = false;
  let options = true;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const { value } = word;
    if (value === null && (word.splits || (options && /^["']*[-+]/u.test(word.source)))) {
      const hint = word === appendedWord ? hints.loop : hints.noScript;
      return { kind: "unknown", why: "the shell gets its script at run time", hint };
    }
    if (options && value !== null && /^[-+]./su.test(value)) {
      if (value === "--version" || value === "--help") return { kind: "nothing" };
      if (/^--?(?:rcfile|init-file)/u.test(value)) {
        return { kind: "unknown", why: `\`${value}\` makes the shell read another file first`, hint: hints.noOption };
      }
      options = value !== "--";
      if (value.startsWith("--")) continue;
      const letters = value.slice(1);
      if (letters.includes("i"))
        return { kind: "unknown", why: "an interactive shell reads another file first", hint: hints.noOption };
      if (/[kH]/u.test(letters))
        return { kind: "unknown", why: `\`${value}\` changes what the shell reads`, hint: hints.noOption };
      if (value.startsWith("-")) {
        takesScript ||= letters.includes("c");
        takesInput ||= letters.includes("s");
      }
      const named = words.slice(index + 1, index + 1 + letters.replaceAll(/[^oO]/gu, "").length);
      if (named.some((option) => option.value === null || /^(?:keyword|history|histexpand)$/u.test(option.value))) {
        return { kind: "unknown", why: "an option of the shell changes what it reads", hint: hints.noOption };
      }
      index += named.length;
      continue;
    }
    if (value === "-" && options) {
      options = false;
      continue;
    }
    if (takesScript) return scriptOf(word);
    if (takesInput) return { kind: "stdin" };
    return isRuntimeFile(word)
      ? { kind: "unknown", why: "the shell reads commands that exist only at run time" }
      : { kind: "command" };
  }
  return takesScript ? { kind: "nothing" } : { kind: "stdin" };
}

/** `/dev/stdin`, `/proc/self/fd/3`, `<(...)`: files whose content is made while the command runs. */
function isRuntimeFile(word: ShellWord): boolean {
  return /^(?:\/dev\/(?:stdin|fd\/|tcp\/|udp\/)|\/proc\/|<\()/u.test(word.value ?? word.source);
}

function scriptOf(word: ShellWord): Unwrapped {
  const isFilledIn = word.value === null && word.parts === null;
  if (!isFilledIn) return joined([word], "`-c` gets its script at run time");
  return { kind: "unknown", why: "what is filled in would be read as a command", hint: hints.asArgument };
}

function joined(words: readonly ShellWord[], why: string): Unwrapped {
  const values = words.map(({ value }) => value);
  if (values.some((value) => value === null)) return { kind: "unknown", why };
  return values.length === 0 ? { kind: "nothing" } : { kind: "script", text: values.join(" ") };
}
