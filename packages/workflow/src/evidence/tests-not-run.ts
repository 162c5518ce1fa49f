import type { ContentPair, TestCase, TestOutcome, TestRun, TreeChange } from "@phasegate/wire";
import { bodiesNotRun } from "./bodies-not-run.ts";
import { codeLines, measuredKind } from "./code-lines.ts";

/** Calls that declare a test or a suite in JavaScript. */
const call = /^(\s*)(?:await\s+)?(?:test|it|describe|suite|bench)(?:\.\w+(?:\([^()]*\))?)*\s*[(`]/;
const pythonTest = /^(\t| {0,4})(?:async\s+)?def (test\w*)\s*\(/;
const coroutine = /^[ \t]*async\s+def (test\w*)\s*\(/gm;
/** Names that stand for files of tests by every convention: helpers are seldom called so. */
const namedAsTests = /(?:[._-](?:test|spec)s?\.[cm]?[jt]sx?|_test\.py|(?:^|\/)test_[^/]*\.py)$/;

/**
 * New and changed test files of JavaScript and Python that hold tests of which the run reports none, as `file` or
 * `file: test`: nobody ran what a reader takes for tests. So are tests that the run counts as passed, or skipped, without
 * their body. Empty where the report names no files.
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
    const undone = here === undefined ? [] : unrun(path, text, here, run.command);
    const language = measuredKind(path);
    if (language === "js" && here !== undefined) return undone;
    if (language === "js") return declaresTests(path, text) ? [path] : [];
    if (language !== "py") return [];
    const ran = here === undefined ? all : new Set(here.map(({ name }) => plain(name)));
    const missing = testsInPython(text).filter((name) => !ran.has(name));
    if (here === undefined) return missing.length > 0 ? [path] : [];
    const known = new Set(replacedTests(texts[path]?.before ?? ""));
    const replaced = replacedTests(text).filter((name) => !known.has(name));
    return [...missing, ...replaced].map((name) => `${path}: ${name}`).concat(undone);
  });
}

/** Tests whose bodies did not run, though the run did not see them fail; in Python a coroutine that was skipped, too. */
function unrun(path: string, text: string, here: readonly TestCase[], command: string): readonly string[] {
  const awaiting = measuredKind(path) === "py" ? [...text.matchAll(coroutine)].map(([, name = ""]) => name) : [];
  const isOnly = (name: string, outcomes: readonly TestOutcome[]): boolean => {
    const cases = here.filter((one) => one.name === name || plain(one.name) === name);
    return cases.length > 0 && cases.every(({ outcome }) => outcomes.includes(outcome));
  };
  const names = [
    ...bodiesNotRun(path, text, command).filter((name) => isOnly(name, ["passed", "skipped"])),
    ...awaiting.filter((name) => isOnly(name, ["skipped"])),
  ];
  return [...new Set(names)].map((name) => `${path}: ${name}`);
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
  return text.split("\n").flatMap((line) => pythonTest.exec(line)?.[2] ?? []);
}

/** Tests in Python that a later one of their name takes the place of, in the same class or module. */
function replacedTests(text: string): readonly string[] {
  const seen = new Set<string>();
  let scope: string | null = "";
  let above = "";
  return text.split("\n").flatMap((line) => {
    const [, indent = "", name] = pythonTest.exec(line) ?? [];
    // What stands below `if` or `try` is one of several; only what a class or the module itself holds takes a place.
    if (/^\S/.test(line) && !/^[#@)\]}]/.test(line)) scope = /^class (\w+)/.exec(line)?.[1] ?? (name ? "" : null);
    const isOneOfMany = /@.*(?:overload|register|setter)\b/.test(above);
    if (line.trim() !== "") above = line;
    const isHeld = name !== undefined && scope !== null && (scope === "") === (indent === "") && !isOneOfMany;
    if (!isHeld) return [];
    const place = `${scope}${indent}${name}`;
    const isReplacing = seen.has(place);
    seen.add(place);
    return isReplacing ? [`${scope === "" ? "" : `${scope}.`}${name}, another before it`] : [];
  });
}

/** The name of a test without the parameters of one of its cases. */
function plain(name: string): string {
  return name.replace(/[[( ].*$/s, "");
}
