import type { LoadedCode } from "./written-on-load.ts";

/** One piece of a test file, as it means something whatever its format: blanks, comments and kinds of quotes are gone. */
export interface Part {
  /** `statement`: anything else, which acts on all that stands in its suite. */
  readonly kind: "test" | "import" | "declaration" | "statement";
  /** Its words, divided by blanks. */
  readonly code: string;
  /** Of a test: its suites and its own name; of others empty. */
  readonly name: string;
  /** The names that it gives a meaning to. */
  readonly binds: readonly string[];
  /** The suites that it stands in, the outermost first; none at the top. */
  readonly suites: readonly string[];
  /** Its text, as a statement that can be read by itself; empty where it is only a share of one, or a line. */
  readonly source: string;
}

/** A test file in its pieces, in their order. */
export interface TestParts {
  readonly parts: readonly Part[];
  /** Whether a piece that these did not have acts on them. */
  actsOn(added: Part, before: readonly Part[]): boolean;
  /** What of a piece runs as the file loads; null where that is not told. */
  readonly loading: LoadedCode | null;
}

/** Names that the code of a piece uses for anything, members of others included. */
export function namesIn(code: string): ReadonlySet<string> {
  return new Set(code.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []);
}

/** Names that pieces of exactly these suites give a meaning to. */
export function boundIn(parts: readonly Part[], suites: readonly string[]): ReadonlySet<string> {
  const isThere = (part: Part): boolean => part.suites.join("\n") === suites.join("\n");
  return new Set(parts.filter(isThere).flatMap(({ binds }) => binds));
}

/** Code of words: each is one, whatever blanks it holds. */
export function codeOfWords(words: readonly string[]): string {
  return words
    .map((word) => (/[ \n]/.test(word) ? word.replaceAll(" ", "\u00a0").replaceAll("\n", "\u2028") : word))
    .join(" ");
}
