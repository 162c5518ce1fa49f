import type { ContentPair, TestCase, TestOutcome, TestRun, TreeChange } from "@phasegate/wire";
import { bodiesNotRun } from "./bodies-not-run.ts";
import { codeLines, measuredKind } from "./code-lines.ts";
import { pythonParts } from "./test-parts/python-parts.ts";
import { namesLoaded, namesOf } from "./loaded-files.ts";

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
    const language = measuredKind(path);
    const loaded = language === "py" ? modulesOf(path, text, texts) : [];
    const undone = here === undefined ? [] : unrun({ path, text, loaded }, here, run.command);
    if (language === "js" && here !== undefined) return undone;
    if (language === "js") return declaresTests(path, text) ? [path] : [];
    if (language !== "py") return [];
    const ran = here === undefined ? all : new Set(here.map(({ name }) => plain(name)));
    const missing = testsInPython(text).filter((name) => !ran.has(name));
    if (here === undefined) return missing.length > 0 ? [path] : [];
    const replacedIn = (own: string): readonly string[] => [
      ...replacedTests(own),
      ...uncollectedTests(own, here, Object.values(texts)).filter((name) => ran.has(name)),
    ];
    const known = new Set(replacedIn(texts[path]?.before ?? ""));
    return [...missing, ...replacedIn(text).filter((name) => !known.has(name))]
      .map((name) => `${path}: ${name}`)
      .concat(undone);
  });
}

/** Tests whose bodies did not run, though the run did not see them fail; in Python a coroutine that was skipped, too. */
function unrun(
  { path, text, loaded }: { readonly path: string; readonly text: string; readonly loaded: readonly string[] },
  here: readonly TestCase[],
  command: string,
): readonly string[] {
  const awaiting = measuredKind(path) === "py" ? [...text.matchAll(coroutine)].map(([, name = ""]) => name) : [];
  const isOnly = (name: string, outcomes: readonly TestOutcome[]): boolean => {
    const cases = here.filter((one) => one.name === name || plain(one.name) === name);
    return cases.length > 0 && cases.every(({ outcome }) => outcomes.includes(outcome));
  };
  const names = [
    ...bodiesNotRun(path, text, command, loaded).filter((name) => isOnly(name, ["passed", "skipped"])),
    ...awaiting.filter((name) => isOnly(name, ["skipped"])),
  ];
  return [...new Set(names)].map((name) => `${path}: ${name}`);
}

const maxDepth = 3;

/** Texts of changed files that a module of Python loads, those in front that others of them load. */
function modulesOf(
  path: string,
  text: string,
  texts: Readonly<Record<string, ContentPair>>,
  depth = maxDepth,
): readonly string[] {
  if (depth === 0) return [];
  const names = namesLoaded(path, text);
  const found = Object.entries(texts).filter(
    ([other, { after }]) =>
      other !== path &&
      after !== null &&
      measuredKind(other) === "py" &&
      namesOf(other).some((name) => names.has(name)),
  );
  return found.flatMap(([other, { after }]) => [...modulesOf(other, after ?? "", texts, depth - 1), after ?? ""]);
}

/**
 * Tests of classes that no runner takes by their names, of which the run names none, and that nothing else names. Others of
 * their names may have run.
 */
function uncollectedTests(text: string, here: readonly TestCase[], texts: readonly ContentPair[]): readonly string[] {
  let scope: string | null = null;
  return text.split("\n").flatMap((line) => {
    if (/^\S/.test(line) && !/^[#@)\]}]/.test(line))
      scope = /^class (?!Test)(\w+)\s*(?:\((?:object)?\s*\))?:/.exec(line)?.[1] ?? null;
    const [, indent = "", name] = pythonTest.exec(line) ?? [];
    if (scope === null || name === undefined || indent === "") return [];
    const named = new RegExp(String.raw`\b${scope}\b`, "g");
    const isNamed = texts.reduce((sum, { after }) => sum + (after?.match(named)?.length ?? 0), 0) > 1;
    const isRun = here.some(({ identity }) => identity.split(/ > |\./).some((part) => part.startsWith(scope ?? "")));
    return isNamed || isRun ? [] : [name];
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

/** Above a function that is called like a test and is none. */
const isNoTest = /^\s*@(?:(?:pytest\.|pytest_asyncio\.)?fixture|(?:functools\.)?cached_property|property)\b/;

/** Functions and methods whose names a runner of tests in Python looks for. */
function testsInPython(text: string): readonly string[] {
  const lines = text.split("\n");
  let isInFunction = false;
  return lines.flatMap((line, at) => {
    const [, indent, name] = pythonTest.exec(line) ?? [];
    if (/^\S/.test(line) && !/^[#@)\]}]/.test(line)) isInFunction = /^(?:async\s+)?def\b/.test(line);
    if (name === undefined || (isInFunction && indent !== "")) return [];
    return isNoTest.test(lines[at - 1] ?? "") ? [] : [name];
  });
}

/** Tests in Python whose name is given to something else behind them, in the same class or module. */
function replacedTests(text: string): readonly string[] {
  const seen = new Set<string>();
  return pythonParts(text).parts.flatMap(({ kind, code, binds, suites }) => {
    // What stands below `if` or `try` is one of several; only what a class or the module itself holds takes a place.
    const target = /^for (test\w*) in /.exec(code)?.[1];
    const names = target === undefined ? binds : [target];
    const isOneOfMany = /@ .*\b(?:overload|register|setter)\b/.test(code);
    return names.flatMap((name) => {
      const place = [...suites, name].join(".");
      const isKept = isOneOfMany || (kind === "declaration" && code.split(name).length > 2);
      const isReplacing = seen.has(place) && !isKept;
      if (kind === "test") seen.add(place);
      return isReplacing ? [`${place}, another before it`] : [];
    });
  });
}

/** The name of a test without the parameters of one of its cases. */
function plain(name: string): string {
  return name.replace(/[[( ].*$/s, "");
}
