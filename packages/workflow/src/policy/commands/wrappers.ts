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
  | { readonly kind: "unknown"; readonly why: string };

interface OptionShape {
  /** Options that take the next word as value, when it is not attached. */
  readonly valued: readonly string[];
  /** Words between the options and the command, for instance the duration of timeout. */
  readonly operands?: number;
  /** Options with which it only answers a question. */
  readonly queries?: readonly string[];
}

const plainWrappers: Readonly<Record<string, OptionShape>> = {
  nohup: { valued: [] },
  nice: { valued: ["-n", "--adjustment"] },
  ionice: { valued: ["-c", "--class", "-n", "--classdata"], queries: ["-p", "--pid"] },
  time: { valued: ["-o", "--output", "-f", "--format"] },
  stdbuf: { valued: ["-i", "-o", "-e", "--input", "--output", "--error"] },
  setsid: { valued: [] },
  timeout: { valued: ["-k", "--kill-after", "-s", "--signal"], operands: 1 },
  gtimeout: { valued: ["-k", "--kill-after", "-s", "--signal"], operands: 1 },
  command: { valued: [], queries: ["-v", "-V"] },
  builtin: { valued: [] },
  exec: { valued: ["-a"] },
  sudo: {
    valued: [
      "-u",
      "--user",
      "-g",
      "--group",
      "-C",
      "-h",
      "--host",
      "-p",
      "--prompt",
      "-D",
      "--chdir",
      "-r",
      "-t",
      "-T",
      "-U",
    ],
    queries: ["-l", "-v", "-k", "--list", "--validate"],
  },
  doas: { valued: ["-u", "-C"] },
};

export const shells: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "rbash"]);

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
        ? { kind: "unknown", why: `\`${name}\` reads commands that exist only at run time` }
        : { kind: "command" };
    default:
      return { kind: "command" };
  }
}

function unwrapTrap(words: readonly ShellWord[]): Unwrapped {
  const action = words[0]?.value === "--" ? words[1] : words[0];
  const isQuery = action === undefined || action.value === "-" || /^-[lp]+$/u.test(action.value ?? "");
  return isQuery ? { kind: "nothing" } : joined([action], "`trap` gets its command at run time");
}

function unwrapPlain(shape: OptionShape, words: readonly ShellWord[]): Unwrapped {
  const start = skipOptions(words, shape.valued, shape.queries ?? []);
  if (start === "query") return { kind: "nothing" };
  const inner = words.slice(start + (shape.operands ?? 0));
  return inner.length === 0 ? { kind: "nothing" } : { kind: "words", words: inner, assigned: [] };
}

function unwrapEnv(words: readonly ShellWord[]): Unwrapped {
  const assigned: ShellWord[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const { value } = word;
    if (value === null && !/^[A-Za-z_]\w*=/u.test(word.source)) {
      return word.splits
        ? { kind: "unknown", why: "a word of `env` is decided at run time" }
        : { kind: "words", words: words.slice(index), assigned };
    }
    const text = value ?? word.source;
    const split = /^(?:-\w*S|--split-string(?:=|$)|--s[a-z-]*(?:=|$))/u.exec(text);
    if (split && value !== null) {
      const attached = text.slice(split[0].length);
      const first = attached === "" ? words[index + 1] : literalWord(attached);
      const others = words.slice(attached === "" ? index + 2 : index + 1);
      return joined(first ? [first, ...others] : [], "`env -S` gets its text at run time");
    }
    if (/^[A-Za-z_]\w*=/u.test(text)) assigned.push(word);
    else if (text === "--") continue;
    else if (/^(?:-[uC]|--unset|--chdir)$/u.test(text)) index++;
    else if (!text.startsWith("-")) return { kind: "words", words: words.slice(index), assigned };
  }
  return { kind: "nothing" };
}

function unwrapXargs(words: readonly ShellWord[]): Unwrapped {
  const valued = [
    "-I",
    "-n",
    "-P",
    "-L",
    "-s",
    "-a",
    "-d",
    "-E",
    "--max-args",
    "--max-procs",
    "--max-lines",
    "--max-chars",
    "--arg-file",
    "--delimiter",
    "--replace",
  ];
  const start = skipOptions(
    words,
    valued.filter((flag) => flag !== "--replace"),
    [],
  );
  if (start === "query") return { kind: "nothing" };
  const inner = words.slice(start);
  if (inner.length === 0) return { kind: "nothing" };
  const options = words.slice(0, start).map(({ value }) => value ?? "");
  const place = placeholderOf(options);
  const filled = place === null ? [...inner, appendedWord] : inner.map((word) => withPlaceholder(word, place));
  return { kind: "words", words: filled, assigned: [] };
}

function placeholderOf(options: readonly string[]): string | null {
  for (const [index, option] of options.entries()) {
    if (option === "-I") return options[index + 1] ?? "{}";
    if (option.startsWith("-I")) return option.slice(2);
    if (option === "-i" || option === "--replace") return "{}";
    if (option.startsWith("--replace=")) return option.slice("--replace=".length);
  }
  return null;
}

function unwrapFind(words: readonly ShellWord[]): Unwrapped {
  const commands: (readonly ShellWord[])[] = [];
  let harmless = true;
  for (let index = 0; index < words.length; index++) {
    const value = words[index]!.value;
    if (value === null && words[index]!.splits && words[index]!.source.startsWith("$")) {
      return { kind: "unknown", why: "an expression of `find` is decided at run time" };
    }
    if (value !== null && /^-(?:delete|fprint0?|fprintf|fls)$/u.test(value)) harmless = false;
    if (value === null || !/^-(?:exec|execdir|ok|okdir)$/u.test(value)) continue;
    const end = words.findIndex((word, at) => at > index && (word.value === ";" || word.value === "+"));
    const inner = words.slice(index + 1, end < 0 ? words.length : end);
    // The path that find fills in begins with where it started, so it is an operand, yet no command to be sure of.
    const [first, ...others] = inner;
    if (first) commands.push([withPlaceholder(first, "{}"), ...others]);
    index = end < 0 ? words.length : end;
  }
  return commands.length === 0 ? { kind: "command" } : { kind: "several", commands, harmless };
}

function unwrapShell(words: readonly ShellWord[]): Unwrapped {
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const { value } = word;
    if (value === null) {
      return word.splits || isRuntimeFile(word)
        ? { kind: "unknown", why: "the shell gets its script at run time" }
        : { kind: "command" };
    }
    if (/^-[A-Za-z]*c[A-Za-z]*$/u.test(value)) {
      const script = words.slice(index + 1).find((next) => next.value === null || !/^[-+]/u.test(next.value));
      return joined(script ? [script] : [], "`-c` gets its script at run time");
    }
    if (/^-[A-Za-z]*s[A-Za-z]*$/u.test(value)) return { kind: "stdin" };
    if (/^(?:-o|-O|\+o|\+O|--rcfile|--init-file)$/u.test(value)) index++;
    else if (value === "--version" || value === "--help") return { kind: "nothing" };
    else if (value === "-") return { kind: "stdin" };
    else if (!/^[-+]/u.test(value)) {
      return isRuntimeFile(word)
        ? { kind: "unknown", why: "the shell reads commands that exist only at run time" }
        : { kind: "command" };
    }
  }
  return { kind: "stdin" };
}

/** `/dev/stdin`, `/proc/self/fd/3`, `<(...)`: files whose content is made while the command runs. */
function isRuntimeFile(word: ShellWord): boolean {
  return /^(?:\/dev\/(?:stdin|fd\/|tcp\/|udp\/)|\/proc\/|<\()/u.test(word.value ?? word.source);
}

function joined(words: readonly ShellWord[], why: string): Unwrapped {
  const values = words.map(({ value }) => value);
  if (values.some((value) => value === null)) return { kind: "unknown", why };
  return values.length === 0 ? { kind: "nothing" } : { kind: "script", text: values.join(" ") };
}

function skipOptions(
  words: readonly ShellWord[],
  valued: readonly string[],
  queries: readonly string[],
): number | "query" {
  for (let index = 0; index < words.length; index++) {
    const { value } = words[index]!;
    if (value === null || !value.startsWith("-") || value === "-") return index;
    if (value === "--") return index + 1;
    if (queries.includes(value)) return "query";
    if (valued.includes(value)) index++;
  }
  return words.length;
}
