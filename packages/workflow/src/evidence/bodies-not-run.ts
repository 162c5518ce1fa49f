import { measuredKind } from "./code-lines.ts";

const literal = String.raw`(["'\x60])((?:\\.|(?!\1)[^\\\n])*)\1`;
const options = String.raw`(?:\{[^{}]*\}\s*,\s*)?`;
const declares = String.raw`(?<![\w$.])(?:test|it)(?:\.(?:only|concurrent|sequential))*\(\s*${literal}\s*`;
/** Also a test of a test. */
const declaresBelow = declares.replace("(?:test|it)", String.raw`(?:t\.test|test|it)`);
/** A test whose body is a function of a name. */
const named = new RegExp(String.raw`${declaresBelow},\s*${options}([\w$]+)\s*(?:,[^(){}]*)?\)`, "g");
const generators = /\bfunction\s*\*\s*([\w$]+)|\b(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s+)?function\s*\*/g;
const parameters = String.raw`(?:\([^()]*\)|[\w$]+)`;
/** A generator, and a function that gives back another one: neither node:test nor vitest does anything with it. */
const leftUndone = [
  new RegExp(String.raw`${declaresBelow},\s*${options}(?:async\s+)?function\s*\*`, "g"),
  new RegExp(
    String.raw`${declares},\s*${options}(?:async\s*)?${parameters}\s*=>\s*(?:async\s*)?${parameters}\s*=>`,
    "g",
  ),
];
/** node:test counts a test without a body as passed; others as a todo, or not at all. */
const bodiless = new RegExp(String.raw`${declares}(?:,\s*\{[^{}]*\}\s*)?,?\s*\)`, "g");
const lineOfComment = /^[ \t]*(?:\/[/*]|\*).*$/gm;

const pythonClass = /^class\s+(\w+)\s*(?:\(([^()]*)\))?\s*:/;
const importedCase = /^from\s+unittest\s+import\b.*\bTestCase(?:\s+as\s+(\w+))?/gm;
const quotedText = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#.*$/g;
const pythonTest = /^([ \t]*)(async\s+)?def\s+(test\w*)\s*\(/;
/** What leaves a coroutine one that nobody awaits; other decorators may run it. */
const plainDecorator = /^\s*@(?:unittest|mock|patch|skip\w*|expectedFailure|pytest\.mark)\b/;

/**
 * Names of tests whose text shows that their body does not run, though the runner of tests counts them as passed:
 * coroutines and generators in a plain `unittest.TestCase`, generators of node:test and vitest, and whatever only gives
 * back a function. `command` tells vitest where a file does not import it.
 */
export function bodiesNotRun(path: string, text: string, command = ""): readonly string[] {
  const language = measuredKind(path);
  if (language === "py") return inPython(text);
  const isOfRunner =
    /["'](?:node:test|vitest)["']/.test(text) || (/\bvitest\b/.test(command) && !/\bjest\b/.test(text));
  if (language !== "js" || !isOfRunner) return [];
  const code = text.replaceAll(lineOfComment, "");
  const kinds = code.includes("node:test") ? [...leftUndone, bodiless] : leftUndone;
  const known = new Set([...code.matchAll(generators)].map(([, own, bound]) => own ?? bound ?? ""));
  const byName = known.size === 0 ? [] : [...code.matchAll(named)].filter(([, , , body = ""]) => known.has(body));
  return [...kinds.flatMap((kind) => [...code.matchAll(kind)]), ...byName].map(([, , name = ""]) => name);
}

function inPython(text: string): readonly string[] {
  const isUnittest = /^\s*(?:import|from)\s+unittest\b/m.test(text) && !text.includes("_callTestMethod");
  const lines = text.split("\n");
  // Classes of this file whose tests are run as those of `TestCase` are, and those that add nothing to that.
  const cases = new Set([
    "unittest.TestCase",
    ...[...text.matchAll(importedCase)].map(([, name]) => name ?? "TestCase"),
  ]);
  const mixins = new Set(["object"]);
  const hasOwnWay = /\bdef\s+(?:run|__call__|__init_subclass__|__getattribute__)\s*\(/.test(text);
  let isPlainCase = false;
  return lines.flatMap((line, at) => {
    const [, declared, list = ""] = pythonClass.exec(line) ?? [];
    if (declared !== undefined) {
      const bases = list.split(",").map((base) => base.trim());
      const isPlain = bases.every((base) => base === "" || cases.has(base) || mixins.has(base));
      isPlainCase = isUnittest && isPlain && bases.some((base) => cases.has(base));
      if (isPlain && !hasOwnWay) (isPlainCase ? cases : mixins).add(declared);
    } else if (/^\S/.test(line) && !/^(?:[#@)]|async\s+def|def)/.test(line)) isPlainCase = false;
    const [, indent, asynchronous, name] = pythonTest.exec(line) ?? [];
    if (indent === undefined || name === undefined || !hasPlainDecorators(lines, at)) return [];
    const isOfCase = isPlainCase && indent !== "";
    const body = ownStatements(lines.slice(at + 1), indent.length);
    const returns = body.some((statement) => /^return\s+lambda\b/.test(statement));
    const yields = body.some((statement) => /\byield\b/.test(statement.replaceAll(quotedText, "")));
    return returns || (isOfCase && (asynchronous !== undefined || yields)) ? [name] : [];
  });
}

function hasPlainDecorators(lines: readonly string[], at: number): boolean {
  for (let above = at - 1; above >= 0 && /^\s*[@)\]}]/.test(lines[above] ?? ""); above -= 1) {
    if (!plainDecorator.test(lines[above] ?? "")) return false;
  }
  return true;
}

/** Statements of a function whose head is indented so far, without those of functions within it. */
function ownStatements(lines: readonly string[], indent: number): readonly string[] {
  const own: string[] = [];
  let inner = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const statement = line.trimStart();
    if (statement === "") continue;
    const depth = line.length - statement.length;
    if (depth <= indent) break;
    if (depth > inner) continue;
    inner = /^(?:async\s+)?def\b/.test(statement) ? depth : Number.POSITIVE_INFINITY;
    own.push(statement);
  }
  return own;
}
