import { namesIn, type Part } from "./part.ts";

/** What a language says of the code of its pieces, word by word. */
export interface LoadedCode {
  /** Given by the language or the test runner, and shared by all tests. */
  readonly given: ReadonlySet<string>;
  /** The words that run as the file loads, and those in the bodies of functions, which run when these are called. */
  readonly split: (code: string) => { readonly loaded: readonly string[]; readonly called: readonly string[] };
  /** Whether words act as the file loads, in whichever function they stand. */
  readonly hoists: (words: readonly string[]) => boolean;
  /** Whether words give another value to something that is shared. */
  readonly writesTo: (words: readonly string[], names: SharedNames) => boolean;
}

export interface SharedNames {
  /** Used by the pieces of before, or by all tests. */
  readonly shared: ReadonlySet<string>;
  /** Of what the additions made themselves: nobody else knows it. */
  readonly made: ReadonlySet<string>;
  /** No piece was there before: what the module is given, it alone has. */
  readonly isNewModule: boolean;
}

/**
 * Those of `added` that change, as their file loads, what the pieces of before use or all tests share: by themselves, or
 * in functions among them that they name there.
 */
export function writtenOnLoad(
  added: readonly Part[],
  before: readonly Part[],
  { given, split, hoists, writesTo }: LoadedCode,
): readonly Part[] {
  const shared = new Set([...given, ...before.flatMap(({ binds }) => binds)]);
  for (const { kind, binds } of added) if (kind === "import") for (const name of binds) shared.add(name);
  const made = new Set(added.flatMap(({ kind, binds }) => (kind === "import" ? [] : binds)));
  const isNewModule = before.length === 0;
  const pieces = added.map((part) => ({ part, ...split(part.code) }));
  const isFunction = ({ part, called }: (typeof pieces)[number]): boolean =>
    part.kind === "declaration" && called.length > 0;
  const named = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    for (const { part, loaded, called } of pieces) {
      const isRun = part.binds.some((name) => named.has(name));
      const words = [...namesIn(loaded.join(" ")), ...(isRun ? namesIn(called.join(" ")) : [])];
      for (const name of words) if (!part.binds.includes(name)) named.add(name);
    }
  }
  return pieces
    .filter((piece) => {
      const { part, loaded, called } = piece;
      const own = new Set(part.binds);
      const names = {
        shared: new Set([...shared].filter((name) => part.kind === "import" || !own.has(name))),
        made: made.difference(shared),
        isNewModule,
      };
      const isRun = isFunction(piece) && part.binds.some((name) => named.has(name));
      if (hoists(called)) return true;
      return writesTo(loaded, names) || (isRun && writesTo(called, names));
    })
    .map(({ part }) => part);
}
