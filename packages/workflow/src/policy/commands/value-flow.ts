import type { Reason } from "@phasegate/wire";
import { type ComputedText, computesNothing } from "./computed-text.ts";
import { type Knowledge, type KnownValue, maxReadings, type Readings, readingsOf } from "./known-values.ts";
import type { Place } from "./places.ts";
import type { Setting } from "./script.ts";
import type { ShellWord } from "./words.ts";

/** Values that the shell itself takes from arguments, input, file names or the command line. */
const filledByShell =
  /^(?:_|REPLY|MAPFILE|OPTARG|PWD|OLDPWD|FUNCNAME|DIRSTACK|COMP_.*|COPROC|READLINE_.*|BASH_(?:ARGV.*|COMMAND|EXECUTION_STRING|REMATCH|SOURCE|ALIASES|CMDS))$/u;

/** Variables that are numbers: what they are set to is computed, whoever sets it. */
const numbers = ["RANDOM", "SRANDOM", "SECONDS", "LINENO", "OPTIND", "HISTCMD"];

interface Values {
  readonly computed: ComputedText[];
  /** By what they are, so that the same value twice is one. */
  readonly known: Map<string, KnownValue>;
  isUnknown: boolean;
}

/** Follows, over one command line, which values variables and arguments take, and what is made of them. */
export class ValueFlow {
  readonly #values = new Map<string, Values>();
  readonly #computed = new Set<string>(numbers);
  readonly #setByNumber = new Set<string>();
  readonly #calls = new Map<string, Map<string, readonly ShellWord[]>>();
  #movesArguments = false;
  readonly #hasFunctions: boolean;
  /** What a verdict rests on, as it was then, with the reason to deny should it have changed since. */
  readonly #relied: { readonly name: string; readonly state: string; readonly reason: Reason }[] = [];

  /** `text` is the whole command line. */
  constructor(text: string) {
    this.#hasFunctions = /\(\s*\)|function/u.test(text);
  }

  set(setting: Omit<Setting, "known"> & Partial<Setting>): void {
    const { name, value, known = null } = setting;
    let values = this.#values.get(name);
    if (!values) this.#values.set(name, (values = { computed: [], known: new Map(), isUnknown: false }));
    values.computed.push(value);
    if (known === null) values.isUnknown = true;
    for (const each of known ?? []) {
      const key = each.isList ? keyOf(each.words, each.isAppended) : `=${each.words[0]!.value!}`;
      values.known.set(key, each);
    }
  }

  /** Of what `unset` has taken away nothing is known. */
  forget(words: readonly ShellWord[]): void {
    for (const { value } of words) if (value !== null) this.set({ name: value, value: computesNothing });
  }

  /** Computing may also set what it names, but for a test of `$x`, which only reads it. */
  compute(names: readonly string[], mayBeSet = true): void {
    for (const name of names) {
      this.#computed.add(name);
      if (mayBeSet) this.#setByNumber.add(name);
    }
  }

  call(name: string, words: readonly ShellWord[]): void {
    if (!this.#hasFunctions) return;
    const calls = this.#calls.get(name);
    if (calls) calls.set(keyOf(words), words);
    else this.#calls.set(name, new Map([[keyOf(words), words]]));
  }

  /** From here on the arguments of functions are not followed. */
  moveArguments(): void {
    this.#movesArguments = true;
  }

  /** A variable that is computed although its value may hold a command; null when there is none. */
  firstUnsafe(): string | null {
    // A set grows while it is walked, so names that values lead to are looked at as well.
    for (const name of this.#computed) {
      const values = this.#values.get(name)?.computed ?? [];
      if (filledByShell.test(name) || values.some(({ isPlain }) => !isPlain)) return name;
      for (const value of values) this.compute(value.names);
    }
    return null;
  }

  /** What a line may turn out to be, as far as it is known by now; null when it is not known better than as written. */
  read(words: readonly ShellWord[], place: Place): Readings | null {
    const knowledge: Knowledge = {
      valuesOf: (name) => this.#knownValues(name),
      argumentsAt: (at) => this.#argumentsAt(at),
      splitsAtBlanks: !this.#values.has("IFS"),
    };
    return readingsOf(words, place, knowledge);
  }

  /** Notes that a verdict rests on what is known of some names by now. */
  rely(names: ReadonlySet<string>, reason: Reason): void {
    for (const name of [...names, "IFS"]) this.#relied.push({ name, state: this.#stateOf(name), reason });
  }

  /** The reason to deny of the first verdict that rested on what has changed since; null when there is none. */
  firstOverturned(): Reason | null {
    return this.#relied.find(({ name, state }) => this.#stateOf(name) !== state)?.reason ?? null;
  }

  #knownValues(name: string): readonly KnownValue[] | null {
    const values = this.#values.get(name);
    if (this.#setByNumber.has(name) || values?.isUnknown === true) return null;
    if (values !== undefined && values.known.size > maxReadings) return null;
    return [...(values?.known.values() ?? [])];
  }

  #argumentsAt({ owner, shifted }: Place): readonly (readonly ShellWord[])[] | null {
    if (!this.#hasFunctions || owner === null || shifted === null || this.#movesArguments) return null;
    const known = this.#calls.get(owner);
    if (known !== undefined && known.size > maxReadings) return null;
    const calls = [...(known?.values() ?? [])];
    // A `shift` past the end takes nothing away, and a word that may be several or none moves what comes after it.
    const isFollowed = calls.every(
      (call) => call.length >= shifted && call.slice(0, shifted).every(({ splits }) => !splits),
    );
    return isFollowed ? calls.map((call) => call.slice(shifted)) : null;
  }

  #stateOf(name: string): string {
    if (name.startsWith("@")) return `${this.#movesArguments} ${this.#calls.get(name.slice(1))?.size}`;
    const values = this.#values.get(name);
    return `${this.#setByNumber.has(name)} ${values?.isUnknown} ${values?.known.size}`;
  }
}

function keyOf(words: readonly ShellWord[], isAppended = false): string {
  return JSON.stringify([isAppended, words.map(({ value, source }) => [value, source])]);
}
