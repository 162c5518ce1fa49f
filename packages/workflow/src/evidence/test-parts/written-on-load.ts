import { namesIn, type Part } from "./part.ts";

/** What a language says of the code of its pieces, word by word. */
export interface LoadedCode {
  /** Given by the language or the test runner, and shared by all tests. */
  readonly given: ReadonlySet<string>;
  /** The words that run as the file loads, and those in the bodies of functions, which run when these are called. */
  readonly split: (code: string) => { readonly loaded: readonly string[]; readonly called: readonly string[] };
  /** Whether words act as the file loads, in whichever function they stand. */
  readonly hoists: (words: readonly string[]) => boolean;
  /** Whether words hand on what is shared, by a name that they bind, to functions in them, or to functions of the file. */
  readonly handsOn: (words: readonly string[], names: HandedNames) => boolean;
  /** Names that words give a meaning to, wherever they stand in them. */
  readonly localNames: (words: readonly string[]) => ReadonlySet<string>;
  /** Whether words give another value to something that is shared. */
  readonly writesTo: (words: readonly string[], names: SharedNames) => boolean;
}

export interface HandedNames {
  readonly shared: ReadonlySet<string>;
  /** Functions of the file itself. */
  readonly own: ReadonlySet<string>;
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
  { given, split, hoists, handsOn, localNames, writesTo }: LoadedCode,
): readonly Part[] {
  const shared = new Set([...given, ...sharedNames(added, before)]);
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
  const functions = new Set(pieces.filter(isFunction).flatMap(({ part }) => part.binds));
  // What is handed on has other names from there: those of the piece, and those within functions that it calls.
  const handed = new Set<string>();
  const isHanding = new Set<Part>();
  for (let round = 0; round < 3; round += 1) {
    for (const { part, loaded, called } of pieces) {
      const isReached = !functions.has(part.binds[0] ?? "") || part.binds.some((name) => named.has(name));
      const all = isReached ? [...loaded, ...called] : [];
      const names = { shared: new Set([...sharedNames(added, before), ...handed]), own: functions };
      if (part.kind === "import" || part.kind === "test" || isTypeOnly(part) || !handsOn(all, names)) continue;
      isHanding.add(part);
      for (const name of part.binds) if (!functions.has(name)) handed.add(name);
      for (const other of pieces) {
        if (isFunction(other) && other.part.binds.some((name) => all.includes(name))) isHanding.add(other.part);
      }
    }
  }
  return pieces
    .filter((piece) => {
      const { part, loaded, called } = piece;
      const own = new Set(part.binds);
      const names = {
        shared: new Set([
          ...[...shared].filter((name) => part.kind === "import" || !own.has(name)),
          ...handed,
          ...(isHanding.has(part) ? localNames([...loaded, ...called]) : []),
        ]),
        made: made.difference(shared),
        isNewModule,
      };
      const isRun = isFunction(piece) && part.binds.some((name) => named.has(name));
      if (hoists(called)) return true;
      // A function to which something is handed may be one that stands in the piece.
      const isCalled = isRun || (isHanding.has(part) && !isFunction(piece));
      return writesTo(loaded, names) || (isCalled && writesTo(called, names));
    })
    .map(({ part }) => part);
}

/** Names that pieces of before have, and that modules have which the added ones import. */
export function sharedNames(added: readonly Part[], before: readonly Part[]): ReadonlySet<string> {
  const imported = added.filter(({ kind }) => kind === "import");
  return new Set([...before, ...imported].flatMap(({ binds }) => binds));
}

/** Whether a piece of code gives another value to what is shared, in whichever function of it. */
export function writesAnywhere(
  code: string,
  names: ReadonlySet<string>,
  { given, split, handsOn, localNames, writesTo }: LoadedCode,
): boolean {
  const { loaded, called } = split(code);
  const all = [...loaded, ...called];
  const handed = handsOn(all, { shared: names, own: new Set() }) ? localNames(all) : [];
  const shared = { shared: new Set([...given, ...names, ...handed]), made: new Set<string>(), isNewModule: false };
  return writesTo(loaded, shared) || writesTo(called, shared);
}

/** A declaration that gives no name a value. */
function isTypeOnly({ kind, binds }: Part): boolean {
  return kind === "declaration" && binds.length === 0;
}
