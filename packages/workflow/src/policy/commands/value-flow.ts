import type { ComputedText } from "./computed-text.ts";

/** Values that the shell itself takes from arguments, input, file names or the command line. */
const filledByShell =
  /^(?:_|REPLY|MAPFILE|OPTARG|PWD|OLDPWD|FUNCNAME|DIRSTACK|COMP_.*|COPROC|READLINE_.*|BASH_(?:ARGV.*|COMMAND|EXECUTION_STRING|REMATCH|SOURCE|ALIASES|CMDS))$/u;

/** Follows, over one command line, which values reach a place where the shell computes them once more. */
export class ValueFlow {
  readonly #values = new Map<string, ComputedText[]>();
  readonly #computed = new Set<string>();

  set(name: string, value: ComputedText): void {
    const values = this.#values.get(name);
    if (values) values.push(value);
    else this.#values.set(name, [value]);
  }

  compute(names: readonly string[]): void {
    for (const name of names) this.#computed.add(name);
  }

  /** A variable that is computed although its value may hold a command; null when there is none. */
  firstUnsafe(): string | null {
    // A set grows while it is walked, so names that values lead to are looked at as well.
    for (const name of this.#computed) {
      const values = this.#values.get(name) ?? [];
      if (filledByShell.test(name) || values.some(({ isPlain }) => !isPlain)) return name;
      for (const value of values) this.compute(value.names);
    }
    return null;
  }
}
