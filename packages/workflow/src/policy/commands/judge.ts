import type { Reason } from "@phasegate/wire";
import { assigning, companions, endsOwnJob, naming, steering } from "./companions.ts";
import { changedMeaning } from "./meaning.ts";
import { hasPlainEnding } from "./known-values.ts";
import { anywhere, movesArguments, type Place } from "./places.ts";
import { knownSettings } from "./settings.ts";
import { type Launched, launchedBy } from "./launched.ts";
import { type CommandDenials, hints } from "./denials.ts";
import { CommandLists } from "./command-lists.ts";
import type { CommandEntry } from "./entries.ts";
import { searchPaths, variableHint, type VariableRisk, variableRisk } from "./environment.ts";
import { evaluatedArguments } from "./evaluated-arguments.ts";
import { type Invocation, readScript, type ShellScript } from "./script.ts";
import { filesWrittenBy, isSettingsFile } from "./settings-files.ts";
import { ValueFlow } from "./value-flow.ts";
import { baseName, type ShellWord, sourceOf } from "./words.ts";
import { shells, unwrap } from "./wrappers.ts";

/** Shell inside shell inside shell: more than this is denied. */
const maxShellDepth = 8;
const maxWrappers = 16;
/** Scripts that one command line may open by `-c`, `eval` and their like. */
const maxScripts = 200;
/** Words of launchers that may each be the command which is run. */
const maxLaunched = 50;
/** Variables that hold variables, and ways to read commands, over one command line. */
const maxIndirections = 3;
const maxReadings = 500;
/** Words of all commands, each as often as it is looked at behind another wrapper or with other values. */
const maxJudgedWords = 60_000;

interface Scope {
  readonly depth: number;
  /** Only what is forbidden matters here: something around it is listed. */
  readonly onlyForbidden: boolean;
  /** Functions that a call at this place reaches. */
  readonly functions: ReadonlySet<string>;
  /** The shell that reads the text. */
  readonly shell: string;
  readonly flagVariables: ReadonlySet<string>;
  readonly input: string | null;
  readonly place: Place;
}

/** Judges one command line. Used once: it notes whether a listed command was seen. */
export class ScriptJudge {
  readonly #lists: CommandLists;
  readonly #denials: CommandDenials;
  #sawListed = false;
  #firstCompanion: string | null = null;
  #scripts = 0;
  #launched = 0;
  #readings = 0;
  #judgedWords = 0;
  readonly #text: string;
  readonly #flow: ValueFlow;

  constructor(options: {
    allowed: readonly CommandEntry[] | null;
    forbidden: readonly CommandEntry[];
    denials: CommandDenials;
    text: string;
  }) {
    this.#text = options.text;
    this.#flow = new ValueFlow(options.text);
    this.#lists = new CommandLists(options, options.denials);
    this.#denials = options.denials;
  }

  /** The first reason to deny, or null. */
  judge(): Reason | null {
    const scope = {
      depth: 0,
      onlyForbidden: this.#lists.allowsAny,
      functions: noNames,
      shell: "bash",
      flagVariables: noNames,
      input: null,
      place: anywhere,
    };
    const reason = this.#judgeScript(this.#text, scope);
    if (reason) return reason;
    const unsafe = this.#flow.firstUnsafe();
    if (unsafe !== null) return this.#computedText(`what \`${unsafe}\` holds is computed as a number or a subscript`);
    const overturned = this.#flow.firstOverturned();
    if (overturned) return overturned;
    const alone = !this.#lists.allowsAny && !this.#sawListed && this.#firstCompanion !== null;
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
    if (!bashes.has(scope.shell) && (!posixShells.has(scope.shell) || script.isBashOnly)) {
      return this.#denials.unresolved(`\`${scope.shell}\` may read this in another way`, hints.useBash);
    }
    const inner: Scope = {
      ...scope,
      flagVariables: new Set([...scope.flagVariables, ...script.flagVariables]),
    };
    const redefined = this.#judgeNames(script);
    if (redefined) return redefined;
    const risky = script.computedNames.find((name) => this.#riskOf(name, null) === "lookup");
    if (risky !== undefined) return this.#riskyVariable(risky);
    this.#flow.compute(script.computedNames);
    for (const setting of script.settings) this.#flow.set(setting);
    for (const [name, calls] of script.calls) for (const words of calls) this.#flow.call(name, words);
    for (const { file, place } of script.writes) {
      const written = this.#judgeTarget(file, place);
      if (written) return written;
    }
    for (const invocation of script.invocations) {
      const defined = [...script.definedFrom].filter(([, from]) => from <= invocation.position).map(([name]) => name);
      const reason = this.#judgeInvocation(invocation, {
        ...inner,
        functions: defined.length === 0 ? scope.functions : new Set([...scope.functions, ...defined]),
      });
      if (reason) return reason;
    }
    return null;
  }

  #judgeNames({ functions, loopVariables }: ShellScript): Reason | null {
    for (const name of functions) {
      if (name === "" || this.#lists.goBy(name) || name.includes("/")) {
        return this.#denials.unresolved(`a function changes what \`${name}\` means`, hints.noFunction);
      }
    }
    for (const name of loopVariables) {
      if (this.#riskOf(name, null) !== "none") return this.#riskyVariable(name);
    }
    return null;
  }

  #judgeFiles(files: readonly ShellWord[]): Reason | null {
    const settings = files.find(isSettingsFile);
    return settings
      ? this.#denials.unresolved(`\`${settings.source}\` tells later commands what to run`, hints.noSettings)
      : null;
  }

  /** A redirection to a file whose name may only be known by what a variable holds. */
  #judgeTarget(file: ShellWord, place: Place): Reason | null {
    const read = file.value === null ? this.#flow.read([file], place) : null;
    if (read === null) {
      const isOpen = !this.#lists.allowsAny && file.value === null && !hasPlainEnding(file);
      return this.#judgeFiles([file]) ?? (isOpen ? this.#openTarget(file) : null);
    }
    const reason = this.#judgeFiles(read.readings.flat());
    if (reason === null) this.#flow.rely(read.names, this.#openTarget(file));
    return reason;
  }

  #openTarget({ source }: ShellWord): Reason {
    return this.#denials.unresolved(`\`${source.slice(0, 80)}\` may name any file`, hints.plainFile);
  }

  #judgeInvocation({ words, assignments, input, place }: Invocation, scope: Scope): Reason | null {
    for (const { name, value } of assignments) {
      const reason = this.#judgeVariable(name, value, scope);
      if (reason) return reason;
    }
    return words.length === 0 ? null : this.#judgeReadings(words, { ...scope, input, place }, 0);
  }

  /** Judges a command as it is written, and where that does not do, each way in which it may turn out. */
  #judgeReadings(words: readonly ShellWord[], scope: Scope, level: number): Reason | null {
    const reason = this.#judgeWords(words, scope);
    if (reason === null || level > maxIndirections) return reason;
    const read = this.#flow.read(words, scope.place);
    if (read === null) return reason;
    for (const reading of read.readings) {
      this.#readings++;
      if (this.#readings > maxReadings) return reason;
      // An empty name is that of no program.
      const isNothing = reading.length === 0 || reading[0]!.value === "";
      const found = isNothing ? null : this.#judgeReadings(reading, { ...scope, place: anywhere }, level + 1);
      // Where the name itself may be empty, what comes behind it was not meant as a command.
      if (found) return reading.length < words.length && words[0]!.splits ? reason : found;
    }
    this.#flow.rely(read.names, reason);
    return null;
  }

  #judgeVariable(name: string, value: string | null, scope: Scope): Reason | null {
    const risk = this.#riskOf(name, value);
    if (risk === "none") return null;
    if (risk === "lookup" || value === null) return this.#riskyVariable(name);
    return this.#judgeScript(value, { ...scope, depth: scope.depth + 1 });
  }

  #riskOf(name: string, value: string | null): VariableRisk {
    return this.#lists.allowsAny && searchPaths.has(name) ? "none" : variableRisk(name, value);
  }

  #riskyVariable(name: string): Reason {
    return this.#denials.unresolved(`\`${name}\` decides what programs run or read first`, variableHint(name));
  }

  #judgeWords(start: readonly ShellWord[], scope: Scope): Reason | null {
    let words = start;
    let listed = scope.onlyForbidden;
    for (let level = 0; level <= maxWrappers; level++) {
      this.#judgedWords += words.length;
      if (this.#judgedWords > maxJudgedWords) break;
      const first = words[0]!.value;
      if (first === null) return this.#unknownProgram(words[0]!);
      this.#flow.call(first, words.slice(1));
      const forbidden = this.#lists.judgeForbidden(words, scope.flagVariables);
      if (forbidden) return forbidden;
      const entries = this.#lists.entriesOf(words);
      if (entries.length > 0) {
        listed = true;
        this.#sawListed = true;
        const option = this.#lists.judgeOptions(words, entries, scope.flagVariables);
        if (option) return option;
      }
      if (level === 0 && scope.functions.has(first)) return null;
      const inside: Scope = { ...scope, onlyForbidden: listed, place: level === 0 ? scope.place : anywhere };
      const step = unwrap(words);
      switch (step.kind) {
        case "command":
          return this.#judgeProgram(words, inside);
        case "nothing":
          return null;
        case "words": {
          const reason = this.#judgeAssigned("env", step.assigned, inside);
          if (reason) return reason;
          listed = scope.onlyForbidden || entries.some((entry) => reaches(entry, innerStart(words, step.words)));
          words = step.words;
          break;
        }
        case "several":
          return this.#judgeSeveral(words, step, {
            scope: { ...inside, onlyForbidden: scope.onlyForbidden || entries.some(namesExec) },
            isListed: listed,
          });
        case "script": {
          // An entry that names a shell accepts its script; one that names `env` or `trap` does not.
          const within = first === "eval" || shells.has(baseName(first)) ? inside : scope;
          return this.#judgeScript(step.text, { ...within, ...innerShell(first, scope) });
        }
        case "stdin":
          if (scope.input !== null) return this.#judgeScript(scope.input, { ...inside, ...innerShell(first, scope) });
          if (this.#isListed(listed)) return null;
          return this.#denials.unresolved(
            `\`${first}\` runs what it reads from its input`,
            this.#lists.allowsAny ? hints.namedScript : hints.noScript,
          );
        case "unknown":
          return this.#isListed(listed) ? null : this.#denials.unresolved(step.why, step.hint ?? hints.noScript);
      }
    }
    return this.#denials.unresolved("too many wrappers or words in it", hints.writeOut);
  }

  /** True when an entry names the shell itself, so that its author accepted whatever it runs. */
  #isListed(listed: boolean): boolean {
    return listed && !this.#lists.allowsAny;
  }

  #judgeAssigned(command: string, assigned: readonly ShellWord[], scope: Scope): Reason | null {
    for (const setting of knownSettings(command, assigned)) this.#flow.set(setting);
    for (const word of assigned) {
      const [, name, value] = /^([^=[+]+)(?:\[[^=]*\])?\+?=(.*)$/su.exec(word.value ?? word.source) ?? [];
      if (!name) continue;
      const reason = this.#judgeVariable(name, word.value === null ? null : (value ?? ""), scope);
      if (reason) return reason;
    }
    return null;
  }

  #judgeSeveral(
    words: readonly ShellWord[],
    step: { commands: readonly (readonly ShellWord[])[]; harmless: boolean },
    { scope, isListed }: { scope: Scope; isListed: boolean },
  ): Reason | null {
    for (const command of step.commands) {
      const reason = this.#judgeWords(command, { ...scope, functions: noNames, input: null });
      if (reason) return reason;
    }
    return step.harmless || isListed ? null : this.#notListed(words);
  }

  /** A command that is no wrapper. */
  #judgeProgram(words: readonly ShellWord[], scope: Scope): Reason | null {
    const first = words[0]!.value!;
    const name = baseName(first);
    const reason = this.#judgeMeaning(name, words, scope) ?? this.#judgeLaunched(name, words, scope);
    if (reason || scope.onlyForbidden || this.#lists.allowsAny) return reason;
    if (steering.has(first) || endsOwnJob(words)) return null;
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
    const evaluated = this.#judgeEvaluated(name, rest, scope);
    if (evaluated) return evaluated;
    for (const file of filesWrittenBy(name, rest)) {
      const written = this.#judgeTarget(file, scope.place);
      if (written) return written;
    }
    const changed = changedMeaning(name, rest);
    if (changed) return this.#denials.unresolved(changed.why, changed.hint);
    if (movesArguments(words, scope.place)) this.#flow.moveArguments();
    if (name === "unset") this.#flow.forget(rest);
    if (assigning.has(name)) return this.#judgeAssigned(name, rest, scope);
    const risky = naming.has(name)
      ? rest.find(({ value }) => value !== null && this.#riskOf(value, null) !== "none")
      : undefined;
    return risky ? this.#riskyVariable(risky.value!) : null;
  }

  /** Words that a builtin computes or runs, and what it sets. */
  #judgeEvaluated(name: string, words: readonly ShellWord[], scope: Scope): Reason | null {
    const { computed, set, callbacks } = evaluatedArguments(name, words);
    if (computed.some(({ isPlain }) => !isPlain)) {
      const why = `\`${name}\` evaluates a word once more, and it may hold a command`;
      if (!assigning.has(name)) return this.#computedText(why);
      return this.#denials.unresolved(why, this.#lists.allowsAny ? hints.sourcedVariables : hints.namedVariables);
    }
    const names = computed.flatMap((text) => text.names);
    const steers = names.find((variable) => this.#riskOf(variable, null) === "lookup");
    if (steers !== undefined) return this.#riskyVariable(steers);
    const isTest = name === "test" || name === "[";
    this.#flow.compute(names, !isTest || words.some(({ source }) => source.slice(1).includes("[")));
    for (const { name: variable, value } of set) {
      if (this.#riskOf(variable, null) !== "none") return this.#riskyVariable(variable);
      this.#flow.set({ name: variable, value });
    }
    for (const { value } of callbacks) {
      const reason =
        value === null
          ? this.#denials.unresolved(`\`${name}\` gets its callback at run time`, hints.noScript)
          : this.#judgeScript(value, { ...scope, depth: scope.depth + 1, input: null });
      if (reason) return reason;
    }
    return null;
  }

  #computedText(why: string): Reason {
    return this.#denials.unresolved(why, hints.plainNumber);
  }

  /** Looks through what other programs would run, for what is forbidden. */
  #judgeLaunched(name: string, words: readonly ShellWord[], scope: Scope): Reason | null {
    if (this.#lists.forbidsNothing) return null;
    const inside = this.#lists.judgeInside(name, words, scope.input);
    if (inside) return inside;
    const isProgram = (word: string): boolean => this.#lists.beginsCommand(word);
    const within: Scope = { ...scope, onlyForbidden: true, depth: scope.depth + 1, input: null };
    for (const launched of launchedBy(name, words, { input: scope.input, isProgram })) {
      const reason = this.#judgeLaunchedOne(name, launched, within);
      if (reason) return reason;
    }
    return null;
  }

  #judgeLaunchedOne(launcher: string, launched: Launched, scope: Scope): Reason | null {
    switch (launched.kind) {
      case "unknown":
        return this.#denials.unresolved(launched.why, hints.noScript);
      case "script": {
        const { text, isSure } = launched;
        if (isSure || readScript(text).status === "read") return this.#judgeScript(text, scope);
        return this.#lists.judgeText(text);
      }
      case "words":
        this.#launched++;
        if (this.#launched > maxLaunched || scope.depth > maxShellDepth) {
          return this.#denials.unresolved(
            `\`${launcher}\` is given too many words that may be commands`,
            hints.writeOut,
          );
        }
        return this.#judgeWords(launched.words, scope);
      default:
        return null;
    }
  }

  #unknownProgram(word: ShellWord): Reason {
    return this.#denials.unresolved(
      `\`${word.source.slice(0, 80)}\` stands where the command's name should`,
      hints.plainProgram,
    );
  }

  #notListed(words: readonly ShellWord[]): Reason {
    return this.#denials.notListed(baseName(words[0]!.value!), sourceOf(words));
  }
}

const noNames: ReadonlySet<string> = new Set();
const bashes: ReadonlySet<string> = new Set(["bash", "rbash"]);
const posixShells: ReadonlySet<string> = new Set(["sh", "dash", "ash"]);

/** `eval` and `trap` run their text where they stand; a shell begins anew. */
function innerShell(program: string, scope: Scope): Pick<Scope, "depth" | "input" | "functions" | "shell"> {
  const name = baseName(program);
  const isNew = shells.has(name) || name === "env";
  const shell = shells.has(name) ? name : scope.shell;
  return { depth: scope.depth + 1, input: null, functions: isNew ? noNames : scope.functions, shell };
}

/** True when an entry names more than the wrapper, so that its author accepted what the wrapper runs. */
function reaches(entry: CommandEntry, wrapperLength: number): boolean {
  return (entry.words ?? []).filter((word) => word !== "*").length > wrapperLength;
}

function innerStart(words: readonly ShellWord[], inner: readonly ShellWord[]): number {
  const start = words.indexOf(inner[0]!);
  return start < 0 ? words.length - inner.length : start;
}

function namesExec({ words }: CommandEntry): boolean {
  return words?.some((word) => /^-(?:exec|execdir|ok|okdir)$/u.test(word)) ?? false;
}
