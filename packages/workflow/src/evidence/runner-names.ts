import { closingOf, textsOf, type Word } from "./script-words.ts";

/** What names of a script stand for, as far as its imports and assignments say. */
export interface RunnerNames {
  /** Functions of a test runner that declare tests and suites, and what holds these. */
  readonly runner: ReadonlySet<string>;
  /** Names out of modules that are neither a test runner nor among the tests, and those that only compare. */
  readonly others: ReadonlySet<string>;
}

const runnerModules =
  /^(?:node:)?test$|^(?:vitest|mocha|jest-circus|bun:test|@jest\/globals|@playwright\/test|uvu|ava)$/;
const declaring = /^(?:test|it|describe|suite|specify|bench|xit|xtest|xdescribe|fit|fdescribe|default)$/;
/** They run no test, whatever they are given. */
const comparing = ["expect", "assert", "console", "JSON", "Object", "vi", "jest", "mock"];

/** Reads the names of a script. `isAmongTests` tells of a module whether it may hand on functions of the test runner. */
export function runnerNames(words: readonly Word[], isAmongTests: (specifier: string) => boolean): RunnerNames {
  const runner = new Set(["test", "it", "describe", "suite", "specify", "bench"]);
  const others = new Set(comparing);
  for (const { specifier, pairs } of loadedNames(words)) {
    const isRunner = runnerModules.test(specifier);
    for (const [name, bound] of pairs) {
      if (declaring.test(name) && name !== "default") runner.add(bound);
      else if (isRunner && (name === "*" || name === "default")) runner.add(bound);
      else if (isRunner) others.add(bound);
      else if (!isAmongTests(specifier)) others.add(bound);
    }
  }
  // An alias of an alias of an alias is one still.
  for (let round = 0; round < 3; round += 1) for (const alias of aliases(words, runner)) runner.add(alias);
  return { runner, others: new Set([...others].filter((name) => !runner.has(name))) };
}

interface Loaded {
  readonly specifier: string;
  /** What the module calls it (`*` for all of it), and what it is called here. */
  readonly pairs: readonly (readonly [name: string, bound: string])[];
}

function loadedNames(words: readonly Word[]): readonly Loaded[] {
  return words.flatMap(({ value }, at): readonly Loaded[] => {
    if (value === "import" && words[at + 1]?.value !== "(" && words[at + 1]?.value !== ".") {
      const end = words.findIndex((word, place) => place > at && /^["']/.test(word.value));
      const specifier = textsOf(words.slice(end, end + 1))?.[0];
      return end === -1 || specifier === undefined ? [] : [{ specifier, pairs: imported(words.slice(at + 1, end)) }];
    }
    if (!/^(?:require|import)$/.test(value) || words[at + 1]?.value !== "(") return [];
    const specifier = textsOf(words.slice(at + 2, closingOf(words, at + 1)))?.[0];
    const assigned = words[at - 1]?.value === "await" ? at - 2 : at - 1;
    if (specifier === undefined || words[assigned]?.value !== "=") return [];
    const start = words.slice(0, assigned).findLastIndex((word) => /^(?:const|let|var|;)$/.test(word.value));
    return [{ specifier, pairs: imported(words.slice(start + 1, assigned), "*") }];
  });
}

/** `a, { b as c, d: e }`, `* as f`. */
function imported(words: readonly Word[], whole = "default"): Loaded["pairs"] {
  const values = words.map(({ value }) => value).filter((value) => value !== "type" && value !== "from");
  const pairs: (readonly [string, string])[] = [];
  let isInside = false;
  for (const [at, value] of values.entries()) {
    if (value === "{") isInside = true;
    if (value === "}") isInside = false;
    const before = values[at - 1] ?? "";
    if (!/^[\p{L}_$"'*]/u.test(value) || value === "as" || before === "as" || before === ":") continue;
    const isRenamed = /^(?:as|:)$/.test(values[at + 1] ?? "");
    const name = value.replaceAll(/^["']|["']$/g, "");
    pairs.push([isInside || value === "*" ? name : whole, isRenamed ? (values[at + 2] ?? name) : name]);
  }
  return pairs;
}

/** `later = test.only`, `{ it: later } = runner`. */
function aliases(words: readonly Word[], runner: ReadonlySet<string>): readonly string[] {
  return words.flatMap(({ value }, at) => {
    const before = words[at - 1]?.value ?? "";
    if (value !== "=" || !runner.has(words[at + 1]?.value ?? "")) return [];
    if (/^[\p{L}_$]/u.test(before)) return [before];
    if (before !== "}") return [];
    const start = words.slice(0, at).findLastIndex((word) => word.value === "{");
    const pairs = imported(words.slice(start, at));
    return pairs.filter(([name]) => declaring.test(name)).map(([, bound]) => bound);
  });
}
