import type { NormalizedPattern } from "../model/normalized.ts";
import { baseNameOf, joinPath } from "../reading/file-path.ts";

/** Where it is written what a command line does: a file, or a place inside it that alone decides. */
export type CommandDefinition = NormalizedPattern & { readonly file: string };

/** Files by program, and what may stand in front of the folder that it works in. */
interface Definer {
  readonly files: readonly string[];
  readonly pointer?: string;
  /** Options with the folder, and with the file itself, behind them. */
  readonly folder?: readonly string[];
  readonly file?: readonly string[];
  /** First arguments that run nothing of the files. */
  readonly except?: ReadonlySet<string>;
}

const packageScripts = { files: ["package.json"], pointer: "/scripts" } as const;
const installing = new Set(["install", "i", "ci", "add", "exec", "dlx", "x", "create", "init", "audit", "--version"]);

const definers: Readonly<Record<string, Definer>> = {
  npm: { ...packageScripts, folder: ["--prefix", "-C"], except: installing },
  pnpm: { ...packageScripts, folder: ["-C", "--dir"], except: installing },
  yarn: { ...packageScripts, folder: ["--cwd"], except: installing },
  bun: { ...packageScripts, folder: ["--cwd"], except: new Set([...installing, "test"]) },
  composer: { files: ["composer.json"], pointer: "/scripts", folder: ["-d"], except: new Set(["install", "update"]) },
  make: { files: ["GNUmakefile", "makefile", "Makefile"], folder: ["-C", "--directory"], file: ["-f", "--file"] },
  just: { files: ["justfile", "Justfile", ".justfile"], folder: ["-d"], file: ["-f", "--justfile"] },
  task: { files: ["Taskfile.yml", "Taskfile.yaml"], folder: ["-d"], file: ["-t"] },
  tox: { files: ["tox.ini"], file: ["-c", "--conf"] },
  nox: { files: ["noxfile.py"], file: ["-f", "--noxfile"] },
  rake: { files: ["Rakefile", "rakefile", "Rakefile.rb"], file: ["-f", "--rakefile"] },
  mvn: { files: ["pom.xml"], file: ["-f", "--file"] },
  gradle: { files: ["build.gradle", "build.gradle.kts"], folder: ["-p"] },
  // Runners of test programs and aliases; the manifest names targets, which the report of the run shows.
  cargo: { files: [".cargo/config.toml", ".cargo/config"] },
};

const interpreters = new Set(["sh", "bash", "dash", "zsh", "node", "python", "python3", "ruby", "perl", "php"]);
const wrappers = new Set(["env", "exec", "time", "nice", "command", "corepack", "npx"]);

/**
 * The places in the repository that say what a command line runs, as far as it is plain to see: scripts of packages, makefiles
 * and the like, and scripts that are named. Of what expands at run time nothing is said.
 */
export function commandDefinitions(commandLine: string, cwd: string): readonly CommandDefinition[] {
  const found: CommandDefinition[] = [];
  let folder = cwd;
  for (const simple of commandLine.split(/&&|\|\|?|[;\n&()]/u)) {
    const words = wordsOf(simple);
    const [program, ...rest] = words;
    if (program === undefined) continue;
    if (program === "cd") folder = joinPath(folder, rest[0] ?? ".");
    else found.push(...definitionsOf(program, rest, folder));
  }
  return found.filter(({ file }) => file !== ".." && !file.startsWith("../") && !file.startsWith("/"));
}

function wordsOf(simple: string): readonly string[] {
  const words = simple
    .trim()
    .split(/\s+/u)
    .map((word) => word.replaceAll(/["']/gu, ""));
  const first = words.findIndex((word) => word !== "" && !/^\w+=/u.test(word) && !wrappers.has(word));
  return first === -1 ? [] : words.slice(first);
}

function definitionsOf(program: string, rest: readonly string[], folder: string): readonly CommandDefinition[] {
  const name = baseNameOf(program) === "gradlew" ? "gradle" : program;
  const definer = Object.hasOwn(definers, name) ? definers[name]! : null;
  const script = scriptOf(program, rest);
  const own = script === null ? [] : [definition(joinPath(folder, script), null)];
  if (definer === null) return own;
  const inFolder = joinPath(folder, valueOf(rest, definer.folder ?? []) ?? ".");
  const argument = rest.find((word) => !word.startsWith("-") && word !== valueOf(rest, definer.folder ?? []));
  if (argument !== undefined && definer.except?.has(argument)) return own;
  const named = valueOf(rest, definer.file ?? []);
  const files = named === null ? definer.files : [named];
  return [...own, ...files.map((file) => definition(joinPath(inFolder, file), definer.pointer ?? null))];
}

/** A script of the repository that is run by its name or by an interpreter. */
function scriptOf(program: string, rest: readonly string[]): string | null {
  if (program.includes("/") && !program.startsWith("/")) return program;
  const [first] = rest;
  if (!interpreters.has(program) || first === undefined || first.startsWith("-") || !/[./]/u.test(first)) return null;
  return first;
}

function valueOf(words: readonly string[], options: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    const option = options.find((one) => word === one || word.startsWith(`${one}=`));
    if (option !== undefined) return word === option ? (words[index + 1] ?? null) : word.slice(option.length + 1);
  }
  return null;
}

function definition(file: string, pointer: string | null): CommandDefinition {
  return { file, glob: file, pointer };
}
