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
 * back a function. `command` tells vitest where a file does not import it, and `loaded` holds the texts of modules that
 * the file loads, those that another of them loads in front: classes and decorators may stand there.
 */
export function bodiesNotRun(
  path: string,
  text: string,
  command = "",
  loaded: readonly string[] = [],
): readonly string[] {
  const language = measuredKind(path);
  if (language === "py") return inPython(text, loaded);
  const isOfRunner =
    /["'](?:node:test|vitest)["']/.test(text) || (/\bvitest\b/.test(command) && !/\bjest\b/.test(text));
  if (language !== "js" || !isOfRunner) return [];
  const code = text.replaceAll(lineOfComment, "");
  const kinds = code.includes("node:test") ? [...leftUndone, bodiless] : leftUndone;
  const known = new Set([...code.matchAll(generators)].map(([, own, bound]) => own ?? bound ?? ""));
  const byName = known.size === 0 ? [] : [...code.matchAll(named)].filter(([, , , body = ""]) => known.has(body));
  return [...kinds.flatMap((kind) => [...code.matchAll(kind)]), ...byName].map(([, , name = ""]) => name);
}

function inPython(text: string, loaded: readonly string[]): readonly string[] {
  const known: KnownClasses = { cases: new Set(["unittest.TestCase"]), mixins: new Set(["object"]) };
  for (const module of loaded) readClasses(module, known);
  for (const [imported, bound = imported] of renamed(text)) {
    if (known.cases.has(imported)) known.cases.add(bound);
    if (known.mixins.has(imported)) known.mixins.add(bound);
  }
  const plainCases = readClasses(text, known);
  const decorators = decoratorsOf([...loaded, text].join("\n"));
  const lines = text.split("\n");
  let isPlainCase = false;
  return lines.flatMap((line, at) => {
    const declared = pythonClass.exec(line)?.[1];
    if (declared !== undefined) isPlainCase = plainCases.has(declared);
    else if (/^\S/.test(line) && !/^(?:[#@)]|async\s+def|def)/.test(line)) isPlainCase = false;
    const [, indent, asynchronous, name] = pythonTest.exec(line) ?? [];
    if (indent === undefined || name === undefined) return [];
    const isOfCase = isPlainCase && indent !== "";
    const kinds = decoratorsAbove(lines, at).map((decorator) => decorators.get(decorator) ?? decorator);
    if (kinds.includes("leaves") || (isOfCase && kinds.includes("awaits"))) return [name];
    if (!kinds.every((kind) => kind === "plain")) return [];
    const body = ownStatements(lines.slice(at + 1), indent.length);
    const returns = body.some((statement) => /^return\s+lambda\b/.test(statement));
    const yields = body.some((statement) => /\byield\b/.test(statement.replaceAll(quotedText, "")));
    return returns || (isOfCase && (asynchronous !== undefined || yields)) ? [name] : [];
  });
}

const ownWay = /^def\s+(?:run|__call__|__init_subclass__|__getattribute__)\s*\(/;

/** Classes whose tests are run as those of `TestCase` are, and those that add nothing to that. */
interface KnownClasses {
  readonly cases: Set<string>;
  readonly mixins: Set<string>;
}

/** Adds the classes of a module, under the names that it gives them; answers its own that are plain cases. */
function readClasses(text: string, { cases, mixins }: KnownClasses): ReadonlySet<string> {
  const own = new Set<string>();
  if (text.includes("_callTestMethod")) return own;
  for (const [, name] of text.matchAll(importedCase)) cases.add(name ?? "TestCase");
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    const [, declared, list = ""] = pythonClass.exec(line) ?? [];
    if (declared === undefined) continue;
    const bases = list.split(",").map((base) => base.trim().replace(/^(?!unittest\.)(?:\w+\.)+/, ""));
    const isPlain = bases.every((base) => base === "" || cases.has(base) || mixins.has(base));
    const isCase = isPlain && bases.some((base) => cases.has(base));
    if (isCase) own.add(declared);
    const body = ownStatements(lines.slice(at + 1), 0);
    if (isPlain && !body.some((statement) => ownWay.test(statement))) (isCase ? cases : mixins).add(declared);
  }
  return own;
}

/** Names that a module imports under another. */
function renamed(text: string): readonly (readonly [imported: string, bound: string | undefined])[] {
  return [...text.matchAll(/\b(\w+)\s+as\s+(\w+)/g)].map(([, imported = "", bound]) => [imported, bound]);
}

type DecoratorKind = "leaves" | "awaits" | "other";

/** Of functions that may stand above a test, whether one `leaves` it undone or puts a coroutine in its place. */
function decoratorsOf(text: string): ReadonlyMap<string, DecoratorKind> {
  const lines = text.split("\n");
  return new Map(
    lines.flatMap((line, at): readonly (readonly [string, DecoratorKind])[] => {
      const [, name, parameter] = /^def\s+(\w+)\s*\(\s*(\w+)\s*\)\s*(?:->.*)?:\s*(?:#.*)?$/.exec(line) ?? [];
      if (name === undefined || parameter === undefined) return [];
      const end = lines.findIndex((other, place) => place > at && /^\S/.test(other) && !/^[#)]/.test(other));
      const body = lines.slice(at + 1, end === -1 ? undefined : end).map((one) => one.replaceAll(quotedText, ""));
      if (!body.some((one) => new RegExp(String.raw`\b${parameter}\b`).test(one))) return [[name, "leaves"]];
      const given = body.map((one) => /^\s*return\s+(\w+)\s*$/.exec(one)?.[1]).findLast((one) => one !== undefined);
      const isAwaited = body.some((one) => new RegExp(String.raw`^\s*async\s+def\s+${given ?? " "}\b`).test(one));
      return [[name, isAwaited ? "awaits" : "other"]];
    }),
  );
}

/** Names of what stands above a test, `plain` for what leaves a coroutine one that nobody awaits. */
function decoratorsAbove(lines: readonly string[], at: number): readonly string[] {
  const found: string[] = [];
  for (let above = at - 1; above >= 0 && /^\s*[@)\]}]/.test(lines[above] ?? ""); above -= 1) {
    const line = lines[above] ?? "";
    found.push(plainDecorator.test(line) ? "plain" : (/^\s*@(?:\w+\.)*(\w+)\s*(?:#.*)?$/.exec(line)?.[1] ?? "other"));
  }
  return found;
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
