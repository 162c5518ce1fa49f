import type { Reason } from "@phasegate/wire";
import { assigning, companions, naming, steering } from "./companions.ts";
import { interpreters, launchers, launchStart, scriptFlags, textLaunchers } from "./launchers.ts";
import { type CommandDenials, hints } from "./denials.ts";
import { type CommandEntry, isPrefixOf, matchForbidden } from "./entries.ts";
import { variableRisk } from "./environment.ts";
import { gitLaunches, gitRisk } from "./git-risk.ts";
import { type Invocation, readScript, type ShellScript } from "./script.ts";
import { baseName, type ShellWord } from "./words.ts";
import { shells, unwrap, wrapperNames } from "./wrappers.ts";

/** Shell inside shell inside shell: more than this is denied. */
const maxShellDepth = 8;
const maxWrappers = 16;
/** Scripts that one command line may open by `-c`, `eval` and their like. */
const maxScripts = 200;
/** Words of launchers that may each be the command which is run. */
const maxLaunched = 50;

interface Scope {
  readonly depth: number;
  /** Only what is forbidden matters here: something around it is listed. */
  readonly onlyForbidden: boolean;
  readonly functions: ReadonlySet<string>;
  readonly flagVariables: ReadonlySet<string>;
  readonly input: string | null;
}

/** Judges one command line. Used once: it notes whether a listed command was seen. */
export class ScriptJudge {
  readonly #allowed: readonly CommandEntry[] | null;
  readonly #forbidden: readonly CommandEntry[];
  readonly #denials: CommandDenials;
  readonly #guarded: ReadonlySet<string>;
  #sawListed = false;
  #firstCompanion: string | null = null;
  #scripts = 0;
  #launched = 0;

  constructor(options: {
    allowed: readonly CommandEntry[] | null;
    forbidden: readonly CommandEntry[];
    denials: CommandDenials;
  }) {
    this.#allowed = options.allowed;
    this.#forbidden = options.forbidden;
    this.#denials = options.denials;
    const entries = [...(options.allowed ?? []), ...options.forbidden];
    this.#guarded = new Set(entries.flatMap(({ program }) => (program === null ? [] : [program])));
  }

  /** The first reason to deny, or null. */
  judge(text: string): Reason | null {
    const scope = {
      depth: 0,
      onlyForbidden: this.#allowed === null,
      functions: noNames,
      flagVariables: noNames,
      input: null,
    };
    const reason = this.#judgeScript(text, scope);
    if (reason) return reason;
    const alone = this.#allowed !== null && !this.#sawListed && this.#firstCompanion !== null;
    return alone ? this.#denials.onlyCompanions(this.#firstCompanion!) : null;
  }

  #judgeScript(text: string, scope: Scope): Reason | null {
    this.#scripts++;
    if (scope.depth > maxShellDepth || this.#scripts > maxScripts) {
      return this.#denials.unresolved("shells are nested too deeply", hints.noScript);
    }
    const parsed = readScript(text);
    if (parsed.status === "unreadable") return this.#denials.unresolved(parsed.why, hints.simplify);
    const { script } = parsed;
    const inner: Scope = {
      ...scope,
      functions: new Set([...scope.functions, ...script.functions]),
      flagVariables: new Set([...scope.flagVariables, ...script.flagVariables]),
    };
    const redefined = this.#judgeNames(script);
    if (redefined) return redefined;
    for (const invocation of script.invocations) {
      const reason = this.#judgeInvocation(invocation, inner);
      if (reason) return reason;
    }
    return null;
  }

  #judgeNames({ functions, loopVariables }: ShellScript): Reason | null {
    for (const name of functions) {
      const taken = this.#guarded.has(name.toLowerCase()) || companions.has(name) || steering.has(name);
      if (name === "" || taken || wrapperNames.has(name) || launchers.has(name) || name.includes("/")) {
        return this.#denials.unresolved(`a function changes what \`${name}\` means`, hints.noFunction);
      }
    }
    for (const name of loopVariables) {
      if (variableRisk(name, null) !== "none") return this.#riskyVariable(name);
    }
    return null;
  }

  #judgeInvocation({ words, assignments, input }: Invocation, scope: Scope): Reason | null {
    for (const { name, value } of assignments) {
      const reason = this.#judgeVariable(name, value, scope);
      if (reason) return reason;
    }
    return words.length === 0 ? null : this.#judgeWords(words, { ...scope, input });
  }

  #judgeVariable(name: string, value: string | null, scope: Scope): Reason | null {
    const risk = variableRisk(name, value);
    if (risk === "none") return null;
    if (risk === "lookup" || value === null) return this.#riskyVariable(name);
    return this.#judgeScript(value, { ...scope, depth: scope.depth + 1 });
  }

  #riskyVariable(name: string): Reason {
    return this.#denials.unresolved(`\`${name}\` changes which program a word stands for`, hints.noVariable);
  }

  #judgeWords(start: readonly ShellWord[], scope: Scope): Reason | null {
    let words = start;
    let listed = scope.onlyForbidden;
    for (let level = 0; level <= maxWrappers; level++) {
      const first = words[0]!.value;
      if (first === null) return this.#unknownProgram(words[0]!);
      const forbidden = this.#judgeForbidden(words, scope);
      if (forbidden) return forbidden;
      if (this.#allowed?.some((entry) => isPrefixOf(entry, words))) {
        listed = true;
        this.#sawListed = true;
      }
      if (!first.includes("/") && scope.functions.has(first)) return null;
      const inside: Scope = { ...scope, onlyForbidden: listed };
      const step = unwrap(words);
      switch (step.kind) {
        case "command":
          return this.#judgeProgram(words, inside);
        case "nothing":
          return null;
        case "words": {
          const reason = this.#judgeAssigned(step.assigned, inside);
          if (reason) return reason;
          words = step.words;
          break;
        }
        case "several":
          return this.#judgeSeveral(words, step, inside);
        case "script":
          return this.#judgeScript(step.text, { ...inside, depth: scope.depth + 1, input: null });
        case "stdin":
          if (scope.input !== null)
            return this.#judgeScript(scope.input, { ...inside, depth: scope.depth + 1, input: null });
          if (this.#isListed(listed)) return null;
          return this.#denials.unresolved(`\`${first}\` runs what it reads from its input`, hints.noScript);
        case "unknown":
          return this.#isListed(listed) ? null : this.#denials.unresolved(step.why, hints.noScript);
      }
    }
    return this.#denials.unresolved("too many wrappers around it", hints.writeOut);
  }

  /** True when an entry names the shell itself, so that its author accepted whatever it runs. */
  #isListed(listed: boolean): boolean {
    return listed && this.#allowed !== null;
  }

  #judgeAssigned(assigned: readonly ShellWord[], scope: Scope): Reason | null {
    for (const word of assigned) {
      const [, name, value] = /^(\w+)\+?=(.*)$/su.exec(word.value ?? word.source) ?? [];
      const reason = name ? this.#judgeVariable(name, word.value === null ? null : (value ?? ""), scope) : null;
      if (reason) return reason;
    }
    return null;
  }

  #judgeSeveral(
    words: readonly ShellWord[],
    step: { commands: readonly (readonly ShellWord[])[]; harmless: boolean },
    scope: Scope,
  ): Reason | null {
    for (const command of step.commands) {
      const reason = this.#judgeWords(command, { ...scope, input: null });
      if (reason) return reason;
    }
    return step.harmless || scope.onlyForbidden ? null : this.#notListed(words);
  }

  #judgeForbidden(words: readonly ShellWord[], scope: Scope): Reason | null {
    for (const entry of this.#forbidden) {
      const match = matchForbidden(entry, words, scope.flagVariables);
      if (match === "yes") return this.#denials.forbidden(entry.index, sourceOf(words));
      if (match === "unknown") {
        return this.#denials.unresolved(
          `\`${entry.text}\` is forbidden, and a word decided at run time may make it that`,
          hints.writeOut,
        );
      }
    }
    return null;
  }

  /** A command that is no wrapper. */
  #judgeProgram(words: readonly ShellWord[], scope: Scope): Reason | null {
    const first = words[0]!.value!;
    const name = baseName(first);
    const reason = this.#judgeMeaning(name, words, scope) ?? this.#judgeLaunched(name, words, scope);
    if (reason || scope.onlyForbidden || this.#allowed === null) return reason;
    if (steering.has(first)) return null;
    if (companions.has(first) || companions.has(first.replace(/^\/(?:usr\/)?bin\//u, ""))) {
      if (words.some(({ value }) => value?.startsWith("--comp"))) return this.#notListed(words);
      this.#firstCompanion ??= name;
      return null;
    }
    return this.#notListed(words);
  }

  /** Builtins that change what later words mean. */
  #judgeMeaning(name: string, words: readonly ShellWord[], scope: Scope): Reason | null {
    const rest = words.slice(1);
    if (name === "alias" && rest.length > 0) {
      return this.#denials.unresolved("an alias changes what a word means", hints.noFunction);
    }
    if (name === "hash" || name === "enable") {
      const changes = rest.some(({ value }) => value === null || /^-\w*[pfn]/u.test(value));
      if (changes) return this.#denials.unresolved(`\`${name}\` changes what a word means`, hints.noFunction);
    }
    if (assigning.has(name)) {
      if (rest.some(({ value }) => value !== null && /^-\w*n/u.test(value)) && name !== "export") {
        return this.#denials.unresolved("a name reference hides which variable is set", hints.writeOut);
      }
      return this.#judgeAssigned(rest, scope);
    }
    const risky = naming.has(name)
      ? rest.find(({ value }) => value !== null && variableRisk(value, null) !== "none")
      : undefined;
    return risky ? this.#riskyVariable(risky.value!) : null;
  }

  /** Looks through what other programs would run, for what is forbidden. */
  #judgeLaunched(name: string, words: readonly ShellWord[], scope: Scope): Reason | null {
    if (this.#forbidden.length === 0) return null;
    if (name === "git" && this.#guarded.has("git")) {
      const risk = gitRisk(words.slice(1));
      if (risk) return this.#denials.unresolved(risk, "leave the setting out");
    }
    if (interpreters.has(name.replace(/[\d.]+$/u, ""))) {
      const hit = this.#forbidden.find((entry) => words.some(({ value }) => value !== null && mentions(entry, value)));
      if (hit) return this.#denials.forbidden(hit.index, sourceOf(words));
    }
    if (!launchers.has(name) && !/^ld(?:-linux|[-.])/u.test(name) && !(name === "git" && gitLaunches(words)))
      return null;
    const within: Scope = { ...scope, onlyForbidden: true, depth: scope.depth + 1, input: null };
    for (let index = launchStart(name, words); index < words.length; index++) {
      const reason = this.#judgeLaunchedWord(name, words, index, within);
      if (reason) return reason;
    }
    return null;
  }

  #judgeLaunchedWord(launcher: string, words: readonly ShellWord[], index: number, scope: Scope): Reason | null {
    const { value } = words[index]!;
    const isScript = scriptFlags.has(words[index - 1]?.value ?? "");
    if (value === null) {
      return isScript ? this.#denials.unresolved(`\`${launcher}\` gets its command at run time`, hints.noScript) : null;
    }
    if (isScript) return this.#judgeScript(value, scope);
    if (/\s/u.test(value)) {
      const isText = textLaunchers.has(launcher) && readScript(value).status === "read";
      return isText ? this.#judgeScript(value, scope) : null;
    }
    const program = baseName(value).toLowerCase();
    const matters = this.#guarded.has(program) || shells.has(program) || wrapperNames.has(program);
    if (!matters) return null;
    this.#launched++;
    if (this.#launched > maxLaunched || scope.depth > maxShellDepth) {
      return this.#denials.unresolved(`\`${launcher}\` is given too many words that may be commands`, hints.writeOut);
    }
    return this.#judgeWords(words.slice(index), scope);
  }

  #unknownProgram(word: ShellWord): Reason {
    return this.#denials.unresolved(
      `\`${word.source.slice(0, 80)}\` stands where the command's name should`,
      hints.writeOut,
    );
  }

  #notListed(words: readonly ShellWord[]): Reason {
    return this.#denials.notListed(baseName(words[0]!.value!), sourceOf(words));
  }
}

const noNames: ReadonlySet<string> = new Set();

function sourceOf(words: readonly ShellWord[]): string {
  return words.map(({ source }) => source).join(" ");
}

/** True when inline code names the forbidden command: `subprocess.run(["git", "commit"])`. */
function mentions(entry: CommandEntry, code: string): boolean {
  if (!entry.words || !/[\s'"(`]/u.test(code)) return false;
  const words = entry.words
    .filter((word) => word !== "*")
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`));
  const between = words.join("[^A-Za-z0-9]+");
  return new RegExp(words.length > 1 ? `(?<![\\w-])${between}(?![\\w-])` : `["'\`]\\s*${between}(?![\\w-])`, "u").test(
    code,
  );
}
