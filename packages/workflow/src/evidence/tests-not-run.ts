import type { ContentPair, TestRun, TreeChange } from "@phasegate/wire";
import { codeLines, measuredKind } from "./code-lines.ts";

/** Calls that declare a test or a suite in JavaScript. */
const call = /^(\s*)(?:await\s+)?(?:test|it|describe|suite|bench)(?:\.\w+(?:\([^()]*\))?)*\s*[(`]/;
const pythonTest = /^(?:\t| {0,4})(?:async\s+)?def (test\w*)\s*\(/;
/** Names that stand for files of tests by every convention: helpers are seldom called so. */
const namedAsTests = /(?:[._-](?:test|spec)s?\.[cm]?[jt]sx?|_test\.py|(?:^|\/)test_[^/]*\.py)$/;

/**
 * New and changed test files of JavaScript and Python that hold tests of which the run reports none, as `file` or, in
 * Python, `file: test`: nobody ran what a reader takes for tests. Empty where the report names no files.
 */
export function testsNotRun(
  run: TestRun,
  changes: Iterable<TreeChange>,
  texts: Readonly<Record<string, ContentPair>>,
  isTestFile: (path: string) => boolean,
): readonly string[] {
  if (run.stoppedEarly || !run.cases.some(({ file }) => file !== null)) return [];
  const unloaded = new Set(run.unloadedFiles.map(({ file }) => file));
  const names = Map.groupBy(run.cases, ({ file }) => file);
  const all = new Set(run.cases.map(({ name }) => plain(name)));
  return [...changes].flatMap(({ kind, path }) => {
    const text = texts[path]?.after ?? null;
    if (kind === "deleted" || text === null || unloaded.has(path) || !isTestFile(path)) return [];
    const here = names.get(path);
    const language = measuredKind(path);
    if (language === "js") return here === undefined && declaresTests(path, text) ? [path] : [];
    if (language !== "py") return [];
    const ran = here === undefined ? all : new Set(here.map(({ name }) => plain(name)));
    const missing = testsInPython(text).filter((name) => !ran.has(name));
    if (here === undefined) return missing.length > 0 ? [path] : [];
    return missing.map((name) => `${path}: ${name}`);
  });
}

function declaresTests(path: string, text: string): boolean {
  const isNamed = namedAsTests.test(path);
  const lines = text.split("\n");
  return [...codeLines(path, text)].some((line) => {
    const match = call.exec(lines[line - 1] ?? "");
    return match !== null && (isNamed || match[1] === "");
  });
}

/** Functions and methods whose names a runner of tests in Python looks for. */
function testsInPython(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => pythonTest.exec(line)?.[1] ?? []);
}

/** The name of a test without the parameters of one of its cases. */
function plain(name: string): string {
  return name.replace(/[[( ].*$/s, "");
}
