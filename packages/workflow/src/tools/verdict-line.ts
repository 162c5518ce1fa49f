import { drawnAlike } from "../drawn-alike.ts";

/** `Token: value` as git reads it: nothing before it, and blanks at most between the two. */
const trailer = /^[A-Za-z0-9-]+[ \t]*:/u;
const madeByGit = /^(?:Signed-off-by: |\(cherry picked from commit )/u;
const divider = /^---(?:\s|$)/u;

/** The words before a colon, as they are drawn. */
const beginning = /^\s*([^\s:]+(?:\s+by)?)\s*:/u;
const dashes = /[\p{Pd}_\u30fc]/gu;
/** Also of a reader who sees a blank between the words: `Tested by: hand` says how, and not who. */
const approvals: readonly string[] = ["approved-by", "reviewed-by", "acked-by"].map(drawnAlike);
const verdicts: readonly string[] = [...approvals, ...["tested-by", "verified-by"].map(drawnAlike)];
const product = drawnAlike("phasegate");

const value = /^\s*[A-Za-z][\w-]*(?:[ \t]+by)?[ \t]*:(.*)$/u;
const endOfSentence = /[.!?:;]\s*$/u;

interface Line {
  readonly text: string;
  /** Folded, and as it is written, where a capital `I` is drawn like `l`. */
  readonly readings: readonly string[];
}

/**
 * Finds the first line that gives a verdict which the ledger alone gives, and answers how it begins. A line may give one
 * that begins with `Approved-by:` or the like, in whatever letters and signs drawn alike. It does where git takes its
 * paragraph for trailers, or would if it were the last; elsewhere unless it goes on with a sentence of the line above.
 */
export function findVerdict(message: string): string | null {
  for (const [index, paragraph] of paragraphsOf(linesOf(message)).entries()) {
    const areTrailers = index > 0 && holdsTrailers(paragraph.map(({ text }) => text));
    let isSentenceOpen = false;
    for (const [at, { text, readings }] of paragraph.entries()) {
      const goesOn: boolean = isSentenceOpen && isProse(text);
      const isVerdict = readings.some((drawn) => beginsVerdict(drawn, { isSubject: index === 0 && at === 0 }));
      if (isVerdict && (areTrailers || !goesOn)) return text.normalize("NFKC").split(":", 1)[0]!.trim();
      isSentenceOpen = (goesOn || !isTrailer(text)) && !divider.test(text) && !endOfSentence.test(text);
    }
  }
  return null;
}

function linesOf(message: string): readonly Line[] {
  const folded = message.normalize("NFKC").toLowerCase().normalize("NFKD").replaceAll(/\p{M}/gu, "");
  const readings = [drawnAlike(folded).split("\n"), drawnAlike(message).split("\n")];
  return message.split("\n").map((text, at) => ({ text, readings: readings.map((lines) => lines[at] ?? "") }));
}

function paragraphsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const paragraphs: Line[][] = [[]];
  for (const line of lines) {
    if (line.text.trim() === "") paragraphs.push([]);
    else paragraphs.at(-1)!.push(line);
  }
  return paragraphs;
}

/** As git takes the whole of it, and as it takes what is before a `---`, which ends the message of a mail. */
function holdsTrailers(paragraph: readonly string[]): boolean {
  const end = paragraph.findIndex((line) => divider.test(line));
  return areTrailers(paragraph) || (end > 0 && areTrailers(paragraph.slice(0, end)));
}

/** All lines are, or a quarter is and git wrote one. Indented lines go with the one above; comments do not count. */
function areTrailers(lines: readonly string[]): boolean {
  const counts = { trailer: 0, other: 0 };
  let kind: keyof typeof counts = "other";
  for (const line of lines.filter((line) => !line.startsWith("#"))) {
    const isIndented = /^\s/u.test(line);
    if (!isIndented) kind = isTrailer(line) ? "trailer" : "other";
    if (!isIndented || kind === "other") counts[kind] += 1;
  }
  if (counts.trailer === 0) return false;
  return counts.other === 0 || (lines.some((line) => madeByGit.test(line)) && counts.trailer * 3 >= counts.other);
}

function isTrailer(line: string): boolean {
  return madeByGit.test(line) || trailer.test(line);
}

function beginsVerdict(drawn: string, { isSubject }: { readonly isSubject: boolean }): boolean {
  const token = beginning.exec(drawn)?.[1]?.replaceAll(dashes, "-");
  if (token === undefined) return false;
  // A subject may name the part that it concerns, as `parser: ...` does.
  if (token === product) return !isSubject;
  return token.startsWith(`${product}-`) || verdicts.includes(token) || approvals.includes(token.replace(/\s+/u, "-"));
}

/** What stands behind the colon says more than a name: two words or more, in small letters, and no address. */
function isProse(line: string): boolean {
  const said = value.exec(line)?.[1]?.trim() ?? "";
  return /^\p{Ll}\S*\s+\S/u.test(said) && !/[@<]/u.test(said);
}
