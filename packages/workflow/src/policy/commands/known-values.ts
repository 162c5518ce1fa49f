import type { Place } from "./places.ts";
import { type Piece, piecesOf } from "./word-pieces.ts";
import { appendedWord, literalWord, type ShellWord } from "./words.ts";

/** A value that a variable may have: one text, or the words of an array. */
export interface KnownValue {
  readonly words: readonly ShellWord[];
  readonly isList: boolean;
  /** True for words that are added to those which the array already has. */
  readonly isAppended: boolean;
}

/** What is known of variables and arguments where a word stands; null: they may be anything. */
export interface Knowledge {
  valuesOf(name: string): readonly KnownValue[] | null;
  /** The arguments of each call that leads to a place. */
  argumentsAt(place: Place): readonly (readonly ShellWord[])[] | null;
  /** False when texts may be split into words elsewhere than at blanks. */
  readonly splitsAtBlanks: boolean;
}

/** Ways to read one line; more are not followed. */
export const maxReadings = 64;

/** `name` is the variable that is set: `X=${X:-text}` gives it the text where it has no value of its own. */
export function knownScalar(word: ShellWord, name?: string): readonly KnownValue[] | null {
  if (word.value !== null) return [{ words: [word], isList: false, isAppended: false }];
  const text = ownDefault(word, name);
  return text === null ? null : [{ words: [literalWord(text)], isList: false, isAppended: false }];
}

function ownDefault({ parts }: ShellWord, name: string | undefined): string | null {
  const [piece, ...others] = parts === null ? [] : piecesOf(parts, false);
  if (others.length > 0 || piece === undefined) return null;
  if (piece.kind === "text") return piece.text;
  return piece.kind === "variable" && piece.name === name ? piece.fallback : null;
}

export function knownArray(words: readonly ShellWord[], isAppended: boolean): readonly KnownValue[] | null {
  const hasIndex = words.some(({ source }) => source.startsWith("["));
  return hasIndex ? null : [{ words: words.map(withoutArguments), isList: true, isAppended }];
}

/** The values that a loop gives its variable. */
export function knownWords(words: readonly ShellWord[]): readonly KnownValue[] | null {
  const values: KnownValue[] = [];
  for (const word of words) {
    const texts = word.value === null ? textsOf(word.source) : [word];
    if (texts === null || values.length + texts.length > maxReadings) return null;
    values.push(...texts.map((text) => ({ words: [text], isList: false, isAppended: false })));
  }
  return values;
}

/** `{1..5}`, and names of files by their ending, which are those of no program in the lists. */
function textsOf(source: string): readonly ShellWord[] | null {
  if (/^[\w./-]*\*\.[A-Za-z]\w*$/u.test(source)) return [literalWord(source)];
  const [, from, to] = /^\{(\d{1,4})\.\.(\d{1,4})\}$/u.exec(source) ?? [];
  if (from === undefined || to === undefined) return null;
  const count = Number(to) - Number(from) + 1;
  if (count < 1 || count > maxReadings) return null;
  return Array.from({ length: count }, (_, index) => literalWord(String(Number(from) + index)));
}

/** Words as they may turn out, each reading whole; null when nothing in them is known better than before. */
export interface Readings {
  readonly readings: readonly (readonly ShellWord[])[];
  /** On what this rests: variables, and `@name` for the arguments of a function. */
  readonly names: ReadonlySet<string>;
}

/** Replaces the variables, arguments and look-ups of a line by what they may be. */
export function readingsOf(words: readonly ShellWord[], place: Place, knowledge: Knowledge): Readings | null {
  const names = new Set<string>();
  let readings: ShellWord[][] = [[]];
  let isBetter = false;
  for (const [index, word] of words.entries()) {
    const ways = word.parts === null ? null : waysOf(word, { index, place, knowledge, names });
    const usable = ways !== null && readings.length * ways.length <= maxReadings;
    isBetter ||= usable;
    const [way, ...others] = usable ? ways : [[word]];
    if (way !== undefined && others.length === 0) for (const reading of readings) reading.push(...way);
    else readings = readings.flatMap((before) => (usable ? ways : []).map((one) => [...before, ...one]));
  }
  return isBetter ? { readings, names } : null;
}

interface Around {
  readonly index: number;
  readonly place: Place;
  readonly knowledge: Knowledge;
  readonly names: Set<string>;
}

/** Each list of words that one word may become. */
function waysOf(word: ShellWord, around: Around): readonly (readonly ShellWord[])[] | null {
  const pieces = piecesOf(word.parts!, false);
  const [only] = pieces;
  if (pieces.length === 1 && only?.kind === "variable" && only.isList) return listWays(only, around);
  const texts = pieces.map((piece) => textsOfPiece(piece, around));
  const known = texts.every((text) => text !== null) ? combine(pieces, texts, around.knowledge) : null;
  if (known !== null) return known;
  const program = around.index === 0 ? programName(word, pieces) : null;
  return program === null ? null : [[literalWord(program)]];
}

/** Variables whose value comes from outside or from the shell itself, so that `${NAME:-x}` need not be `x`. */
const filled =
  /^(?:SHELL|EDITOR|VISUAL|PAGER|PWD|OLDPWD|HOME|PATH|REPLY|OPTARG|MAPFILE|_|\W|\d+|(?:BASH|ZSH|FUNCNAME|DIRSTACK|COMP|COPROC|READLINE|npm_).*)$/u;

function textsOfPiece(piece: Piece, { place, knowledge, names }: Around): readonly string[] | null {
  switch (piece.kind) {
    case "text":
      return [piece.text];
    case "lookup":
      return piece.isQuoted ? [piece.program] : [piece.program, ""];
    case "variable": {
      if (piece.isList) return null;
      const position = /^[1-9]$/u.test(piece.name) ? Number(piece.name) : null;
      if (position !== null) return argumentTexts(position, piece.fallback, { place, knowledge, names });
      if (filled.test(piece.name)) return null;
      const values = knowledge.valuesOf(piece.name);
      if (values === null || (values.length === 0 && piece.fallback === null)) return null;
      if (values.some(({ isList, words }) => isList || words[0]!.value === null)) return null;
      names.add(piece.name);
      const texts = values.map(({ words }) => words[0]!.value!);
      const mayBeUnset = !place.certain.has(piece.name);
      if (piece.fallback !== null) return [...texts, piece.fallback];
      return mayBeUnset ? [...texts, ""] : texts;
    }
    default:
      return null;
  }
}

function argumentTexts(
  position: number,
  fallback: string | null,
  { place, knowledge, names }: Omit<Around, "index">,
): readonly string[] | null {
  const calls = knowledge.argumentsAt(place);
  if (calls === null) return null;
  const texts: string[] = [];
  for (const call of calls) {
    if (call.slice(0, position).some(({ splits }) => splits)) return null;
    const word = call[position - 1];
    if (word !== undefined && word.value === null) return null;
    const text = word?.value ?? "";
    texts.push(text, ...(text === "" && fallback !== null ? [fallback] : []));
  }
  names.add(`@${place.owner}`);
  return texts;
}

/** `"$@"` and `"${words[@]}"`: each value gives as many words as it has. */
function listWays(
  piece: Extract<Piece, { kind: "variable" }>,
  { place, knowledge, names }: Around,
): readonly (readonly ShellWord[])[] | null {
  const lists = piece.name === "@" ? knowledge.argumentsAt(place) : arrayWays(piece.name, place, knowledge);
  if (lists === null) return null;
  if (!piece.isQuoted && lists.some((words) => words.some(({ value }) => !isOneWord(value)))) return null;
  names.add(piece.name === "@" ? `@${place.owner}` : piece.name);
  return lists.map((words) => words.map(withoutArguments));
}

function arrayWays(name: string, place: Place, knowledge: Knowledge): readonly (readonly ShellWord[])[] | null {
  const values = knowledge.valuesOf(name);
  if (values === null || values.length === 0 || values.some(({ isList }) => !isList)) return null;
  const starts = values.filter(({ isAppended }) => !isAppended).map(({ words }) => words);
  const more = values.some(({ isAppended }) => isAppended) ? [appendedWord] : [];
  const lists = starts.map((words) => [...words, ...more]);
  return place.certain.has(name) && starts.length > 0 ? lists : [...lists, more];
}

/** What a function's arguments hold is another thing where they are given on. */
function withoutArguments(word: ShellWord): ShellWord {
  if (word.parts === null) return word;
  const usesArguments = /\$(?:\{[!#]?)?[\d@*#]/u.test(word.source);
  return usesArguments ? { ...word, parts: null } : word;
}

function isOneWord(value: string | null): boolean {
  return value !== null && /^[^\s*?[\]\\]+$/u.test(value);
}

/** The words that the pieces of a word give, for each combination of their texts. */
function combine(
  pieces: readonly Piece[],
  texts: readonly (readonly string[])[],
  { splitsAtBlanks }: Knowledge,
): readonly (readonly ShellWord[])[] | null {
  if (!splitsAtBlanks && pieces.some(({ isQuoted }) => !isQuoted)) return null;
  let ways: string[][] = [[]];
  for (const [index, piece] of pieces.entries()) {
    const options = [...new Set(texts[index]!)];
    if (ways.length * options.length > maxReadings) return null;
    if (!piece.isQuoted && options.some((text) => /[*?[\]\\]/u.test(text))) return null;
    ways = ways.flatMap((before) => options.map((text) => [...before, text]));
  }
  return ways.map((way) => fieldsOf(pieces, way).map(literalWord));
}

/** Splits at the blanks of what stands outside quotes. */
function fieldsOf(pieces: readonly Piece[], texts: readonly string[]): readonly string[] {
  const fields: string[] = [];
  let current: string | null = null;
  for (const [index, piece] of pieces.entries()) {
    const text = texts[index]!;
    if (piece.isQuoted) {
      current = (current ?? "") + text;
      continue;
    }
    for (const part of text.split(/([ \t\n]+)/u)) {
      if (part === "") continue;
      if (/^[ \t\n]/u.test(part)) {
        if (current !== null) fields.push(current);
        current = null;
      } else current = (current ?? "") + part;
    }
  }
  if (current !== null) fields.push(current);
  return fields;
}

/** A program by its name at the end of a path that is not known: no quotes of it fall away, so it is one word. */
function programName({ source }: ShellWord, pieces: readonly Piece[]): string | null {
  const last = pieces.at(-1);
  const isWhole = pieces.every(
    (piece) =>
      piece.isQuoted || piece.kind === "path" || (piece.kind === "variable" && !piece.isList && piece.name === "HOME"),
  );
  if (last?.kind !== "text" || !isWhole || pieces.some((piece) => piece.kind === "variable" && piece.isList))
    return null;
  const name = /\/([\w.+-]+)$/u.exec(last.text)?.[1];
  const folder = source.slice(0, source.lastIndexOf("/")).replaceAll('"', "");
  return name === undefined ? null : `${folder}/${name}`;
}

/** True for a file whose name ends as no file of settings does, whatever stands before, and for what is no file. */
export function hasPlainEnding({ parts }: ShellWord): boolean {
  if (parts?.length === 1 && parts[0]!.type === "ProcessSubstitution") return true;
  const last = parts === null ? undefined : piecesOf(parts, false).at(-1);
  if (last?.kind !== "text") return parts !== null && /\$[$#?!]$/u.test(parts.at(-1)!.text.replace(/"$/u, ""));
  return /\.[A-Za-z]\w*$/u.test(last.text) && !/(?:rc|config|profile|worktree|pth|env)$/u.test(last.text);
}
