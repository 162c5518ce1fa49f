import jsTokens from "js-tokens";

/** What one stored value is, token by token; its two texts hold nothing that is computed. */
const statement = ["exports", "[", "text", "]", "=", "text", ";"];
const nameAt = 2;
const silent: ReadonlySet<string> = new Set(["WhiteSpace", "LineTerminatorSequence", "SingleLineComment"]);

/**
 * True of a snapshot file that stores values, each under a name of its own, and does nothing else. Test runners of JavaScript run these files as code;
 * what they write themselves is statements ``exports[`name`] = `value`;`` and lines of comments.
 */
export function isPlainSnapshot(text: string): boolean {
  let at = 0;
  const names = new Set<string>();
  for (const { type, value } of jsTokens(text)) {
    if (silent.has(type)) continue;
    const expected = statement[at % statement.length];
    const isExpected = expected === "text" ? type === "NoSubstitutionTemplate" : value === expected;
    if (!isExpected || !isClosed(type, value)) return false;
    // What is stored last would count, and what is read first would not.
    if (at % statement.length === nameAt && names.size === names.add(value).size) return false;
    at += 1;
  }
  return at % statement.length === 0;
}

/** The lexer goes on where a text has no end; a program does not. */
function isClosed(type: string, value: string): boolean {
  return type !== "NoSubstitutionTemplate" || (value.length > 1 && value.endsWith("`"));
}

/** A file that test runners of JavaScript take for their snapshots, by its name. */
export function isSnapshotFile(path: string): boolean {
  return /\.snap(?:shot)?$/i.test(path);
}
