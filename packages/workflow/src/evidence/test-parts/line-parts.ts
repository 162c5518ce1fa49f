import { codeLines } from "../code-lines.ts";
import type { TestParts } from "./part.ts";

/** A test file of a language whose statements are not told apart: each line of code for itself, without its blanks. */
export function lineParts(path: string, text: string): TestParts {
  const lines = text.split("\n");
  const parts = [...codeLines(path, text)]
    .map((line) => (lines[line - 1] ?? "").replaceAll(/\s+|[,;]\s*$/g, ""))
    .filter((code) => !/^[\])}>;,]*$/.test(code))
    .map((code) => ({ kind: "statement" as const, code, name: "", binds: [], suites: [] }));
  return { parts, actsOn: () => false };
}
