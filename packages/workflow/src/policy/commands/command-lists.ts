import type { Reason } from "@phasegate/wire";
import { companions, steering } from "./companions.ts";
import { countingPrograms } from "./computed-text.ts";
import { type CommandDenials, hints } from "./denials.ts";
import { type CommandEntry, isPrefixOf, matchForbidden } from "./entries.ts";
import { allowedGitWords, gitRisk } from "./git-risk.ts";
import { interpreters, launchingCode, mentions } from "./inline-code.ts";
import { launchers } from "./launchers.ts";
import { programOption } from "./program-options.ts";
import { baseName, type ShellWord, sourceOf } from "./words.ts";
import { shells, wrapperNames } from "./wrappers.ts";

/** What a phase lists of commands: those that may run, null for any, and those that may not. */
export class CommandLists {
  readonly #allowed: readonly CommandEntry[] | null;
  readonly #forbidden: readonly CommandEntry[];
  readonly #denials: CommandDenials;
  readonly #programs: ReadonlySet<string>;

  constructor(
    lists: { allowed: readonly CommandEntry[] | null; forbidden: readonly CommandEntry[] },
    denials: CommandDenials,
  ) {
    this.#allowed = lists.allowed;
    this.#forbidden = lists.forbidden;
    this.#denials = denials;
    const entries = [...(lists.allowed ?? []), ...lists.forbidden];
    this.#programs = new Set(entries.flatMap(({ program }) => (program === null ? [] : [program])));
  }

  get allowsAny(): boolean {
    return this.#allowed === null;
  }

  get forbidsNothing(): boolean {
    return this.#forbidden.length === 0;
  }

  /** True for the program of an entry of either list. */
  names(program: string): boolean {
    return this.#programs.has(program.toLowerCase());
  }

  /** True for a name that some entry or rule goes by: a function of that name would change what it means. */
  goBy(name: string): boolean {
    const isBuiltIn = companions.has(name) || steering.has(name) || countingPrograms.has(name);
    return isBuiltIn || this.names(name) || wrapperNames.has(name) || launchers.has(name);
  }

  /** True for a word behind which a command may begin that matters here. */
  beginsCommand(word: string): boolean {
    const program = baseName(word).toLowerCase();
    const isGit = program.startsWith("git-") && this.names("git");
    return isGit || this.names(program) || shells.has(program) || wrapperNames.has(program);
  }

  /** The entries that list a command. */
  entriesOf(words: readonly ShellWord[]): readonly CommandEntry[] {
    const isGit = baseName(words[0]!.value!) === "git";
    const plain = isGit ? allowedGitWords(words) : words;
    return this.#allowed?.filter((entry) => isPrefixOf(entry, words) || isPrefixOf(entry, plain)) ?? [];
  }

  judgeForbidden(words: readonly ShellWord[], flagVariables: ReadonlySet<string>): Reason | null {
    const isListed = this.entriesOf(words).some(({ operands }) => operands.length > 0);
    for (const entry of this.#forbidden) {
      const match = matchForbidden(entry, words, { flagVariables, isListed });
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

  /** Options with which a program that `entries` list runs another one, unless one of them names the option. */
  judgeOptions(
    words: readonly ShellWord[],
    entries: readonly CommandEntry[],
    flagVariables: ReadonlySet<string>,
  ): Reason | null {
    const name = baseName(words[0]!.value!);
    const named = new Set(entries.flatMap((entry) => entry.words ?? []));
    const option = programOption(name, words.slice(1), named, flagVariables);
    if (option !== null) return this.#denials.unresolved(`\`${option}\` names what \`${name}\` runs`, hints.noOption);
    const risk = name === "git" ? gitRisk(words.slice(1)) : null;
    return risk === null ? null : this.#denials.unresolved(risk, hints.noOption);
  }

  /** What git's settings or the code of an interpreter would run, where it is forbidden. */
  judgeInside(name: string, words: readonly ShellWord[], input: string | null): Reason | null {
    if (name === "git" && this.names("git")) {
      const risk = gitRisk(words.slice(1));
      if (risk) return this.#denials.unresolved(risk, "leave the setting out");
    }
    const interpreter = interpreters.has(name) ? name : name.replace(/[\d.]+$/u, "");
    if (!interpreters.has(interpreter)) return null;
    const code = [...words.map(({ value }) => value), input].flatMap((text) => launchingCode(interpreter, text) ?? []);
    const hit = this.#forbidden.find((entry) => code.some((text) => mentions(entry, text)));
    return hit ? this.#denials.forbidden(hit.index, sourceOf(words)) : null;
  }

  /** For text that cannot be read as commands: denied where it only names a forbidden program. */
  judgeText(text: string): Reason | null {
    const lower = text.toLowerCase();
    const named = this.#forbidden.find(({ program }) => program !== null && lower.includes(program));
    return named ? this.#denials.forbidden(named.index, text) : null;
  }
}
