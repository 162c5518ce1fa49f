import { setImmediate } from "node:timers/promises";
import type { LineCoverage } from "@phasegate/wire";
import { codeLines } from "@phasegate/workflow";
import { ReportError, type ReportContext } from "./report-format.ts";
import { reportedPath } from "./reported-path.ts";

const maxLines = 2_000_000;

/**
 * Line coverage of an LCOV tracefile, of files of the tree that are no test files: some tools count those in, and a
 * test that runs covers itself. A line that several records name was executed if
 * one of them says so. Throws `ReportError` for anything that is no tracefile or ends inside a record.
 */
export function readLcov(
  text: string,
  context: Pick<ReportContext, "workspace" | "cwd" | "isFile"> & { isTestFile(path: string): boolean },
): LineCoverage {
  const files = new Map<string, Map<number, boolean>>();
  let lines: Map<number, boolean> | null = null;
  let records = 0;
  let count = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("SF:")) {
      if (lines !== null) throw new ReportError("a record of the coverage report has no end");
      records += 1;
      const file = reportedPath(line.slice(3).trim(), context);
      lines = (file === null ? undefined : files.get(file)) ?? new Map<number, boolean>();
      if (file !== null && context.isFile(file) && !context.isTestFile(file)) files.set(file, lines);
    } else if (line.startsWith("DA:")) {
      const [, number, hits] = /^DA:(\d{1,9}),(-?\d+)/.exec(line) ?? [];
      count += 1;
      if (lines === null || number === undefined || count > maxLines) throw new ReportError("a line count is broken");
      lines.set(Number(number), lines.get(Number(number)) === true || Number(hits) > 0);
    } else if (line === "end_of_record") {
      if (lines === null) throw new ReportError("the coverage report ends a record that did not begin");
      lines = null;
    }
  }
  if (lines !== null || records === 0) throw new ReportError("the coverage report is not a whole LCOV tracefile");
  return summarize(files);
}

/**
 * The same without blank lines and lines of comments, which tools that count all lines of a loaded file (node) hold for
 * executed. Files whose text is not at hand stay as they are.
 */
export async function withoutComments(
  coverage: LineCoverage,
  textOf: (path: string) => string | null,
): Promise<LineCoverage> {
  const files = new Map<string, ReadonlyMap<number, boolean>>();
  for (const [path, { covered, uncovered }] of Object.entries(coverage.files)) {
    const text = textOf(path);
    const lines = [...covered.map((line) => [line, true] as const), ...uncovered.map((line) => [line, false] as const)];
    files.set(path, new Map(text === null ? lines : linesOfCode(path, text, lines)));
    await setImmediate();
  }
  return summarize(files);
}

function linesOfCode(path: string, text: string, lines: readonly (readonly [number, boolean])[]) {
  const texts = text.split("\n");
  // Most tools count statements: what names no such line needs no closer look.
  if (!lines.some(([line]) => mayBeComment.test(texts[line - 1] ?? ""))) return lines;
  const code = codeLines(path, text);
  return lines.filter(([line]) => code.has(line));
}

const mayBeComment = /^\s*(?:$|\/[/*]|\*|#)/;

function summarize(files: ReadonlyMap<string, ReadonlyMap<number, boolean>>): LineCoverage {
  let [covered, all] = [0, 0];
  const byFile: [string, { covered: number[]; uncovered: number[] }][] = [];
  for (const [file, lines] of files) {
    const sorted = [...lines].sort(([left], [right]) => left - right);
    const executed = sorted.filter(([, isExecuted]) => isExecuted).map(([number]) => number);
    const uncovered = sorted.filter(([, isExecuted]) => !isExecuted).map(([number]) => number);
    covered += executed.length;
    all += sorted.length;
    byFile.push([file, { covered: executed, uncovered }]);
  }
  return { files: Object.fromEntries(byFile), percent: all === 0 ? 0 : (covered * 100) / all };
}
