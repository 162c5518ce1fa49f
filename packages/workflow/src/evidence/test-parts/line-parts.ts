import { codeLines } from "../code-lines.ts";
import type { TestParts } from "./part.ts";

/** How many tests TAP is to expect: one more is no other test. */
const planned = /((?:^\s*(?:echo|print|printf|say)\s+["']?1\.\.|\btests\s*=>\s*|^\s*plan[\s(]+(?:tests\s*=>\s*)?))\d+/g;

const quoted = /"(?:\\.|[^"\\])*"/g;

/** A test file of a language whose statements are not told apart: each line of code for itself, without its blanks. */
export function lineParts(path: string, text: string): TestParts {
  const lines = text.split("\n");
  const parts = [...codeLines(path, text)]
    .map((line) => (lines[line - 1] ?? "").replaceAll(planned, "$1"))
    // Blanks in a text are what it says.
    .map((line) => line.replaceAll(quoted, (text) => text.replaceAll(/\s/g, "\u2420")).replaceAll(/\s+|[,;]\s*$/g, ""))
    .filter((code) => !/^[\])}>;,]*$/.test(code))
    .map((code) => ({ kind: "statement" as const, code, name: "", binds: [], suites: [], source: "" }));
  return { parts, actsOn: () => false, loading: null };
}
