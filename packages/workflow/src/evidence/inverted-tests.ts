import type { ContentPair, TreeChange } from "@phasegate/wire";
import { measuredKind } from "./code-lines.ts";
import { resolved } from "./loaded-files.ts";
import { type RunnerNames, runnerNames } from "./runner-names.ts";
import { closingOf, openingOf, scriptWords, textsOf, type Word } from "./script-words.ts";

const inverting = /^(?:fails|failing|expectFailure)$/;
const off = /^(?:false|undefined|null)$/;

/**
 * Lines of new and changed test files that make a success of failures, as `file:line`, and that the base does not have:
 * by a member or an option of a function of the test runner. So do those that take a member of one by a name that the
 * text does not say.
 */
export function newExpectedFailures(
  changes: Iterable<TreeChange>,
  texts: Readonly<Record<string, ContentPair>>,
  isTest: (path: string) => boolean,
): readonly string[] {
  return [...changes].flatMap(({ kind, path, before: old, after: now }) => {
    const { before = null, after = null } = texts[path] ?? {};
    if (kind === "deleted" || after === null || measuredKind(path) !== "js" || !isTest(path)) return [];
    const key = JSON.stringify([path, old?.content, now?.content]);
    const lines = known.get(key) ?? newLines(path, before, after, isTest);
    if (known.size >= maxKnown) known.clear();
    if (now !== null) known.set(key, lines);
    return lines;
  });
}

/** What was found, by path and contents: a gate is judged again with each fact that comes. */
const maxKnown = 1_000;
const known = new Map<string, readonly string[]>();

function newLines(
  path: string,
  before: string | null,
  after: string,
  isTest: (path: string) => boolean,
): readonly string[] {
  const words = scriptWords(path, after);
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const names = runnerNames(words, (specifier) => {
    const target = /^\.{1,2}(?:\/|$)/.test(specifier) ? resolved(folder, specifier) : null;
    return target !== null && (isTest(target) || isTest(`${target}.js`) || isTest(`${target}/index.js`));
  });
  const found = new Set(words.flatMap((_, at) => (inverts(words, at, names) ? [words[at]?.line ?? 0] : [])));
  const lines = after.split(/\r\n|[\n\r\u2028\u2029]/);
  const old = new Set(before?.split("\n").map((line) => line.trim()));
  return [...found].filter((line) => !old.has((lines[line - 1] ?? "").trim())).map((line) => `${path}:${String(line)}`);
}

/** Whether the word at this place is one that inverts tests, or may. */
function inverts(words: readonly Word[], at: number, names: RunnerNames): boolean {
  const { value = "" } = words[at] ?? {};
  const [before, next] = [words[at - 1]?.value ?? "", words[at + 1]?.value ?? ""];
  if (value === "[") return isComputed(words, at, names);
  if (names.runner.has(value)) return /^(?:Reflect|Object)$/.test(handedTo(words, at));
  const text = /^["'`]/.test(value) ? (textsOf(words.slice(at, at + 1))?.[0] ?? "") : value;
  if (!inverting.test(text)) return false;
  const isName = text === value;
  if (isName && /^\??\.$/.test(before)) {
    const isSet = next === "=" && (text === "expectFailure" || isTask(words, at - 1));
    return isSet || names.runner.has(rootOf(words, at - 1));
  }
  if (isTakenFrom(words, at, names)) return true;
  const isShort = isName && /^[{,]$/.test(before) && /^[},]$/.test(next);
  if (next !== ":" && !isShort) return isName && text === "expectFailure" && next === "=";
  return isOption(words, at, { text, value: isShort ? text : (words[at + 2]?.value ?? ""), names });
}

/** What vitest hands to a test as itself, under whichever name: `{ task }`, `context.task`, `{ task: own }`. */
function isTask(words: readonly Word[], at: number): boolean {
  const name = words[at - 1]?.value ?? "";
  const isBound = words.some(
    ({ value }, place) => value === "task" && words[place + 1]?.value === ":" && words[place + 2]?.value === name,
  );
  return name === "task" || isBound;
}

/** An option that is on, unless it is given to a function that is none of the test runner's. */
function isOption(
  words: readonly Word[],
  at: number,
  { text, value, names }: { readonly text: string; readonly value: string; readonly names: RunnerNames },
): boolean {
  if (off.test(value) || text === "failing") return false;
  const called = calledWith(words, at);
  if (called !== null && names.others.has(called)) return false;
  return text === "expectFailure" || value === "true" || (called !== null && names.runner.has(called));
}

/** `[...]` behind a function of the test runner, or as the key of an option. */
function isComputed(words: readonly Word[], at: number, names: RunnerNames): boolean {
  const end = closingOf(words, at);
  const texts = textsOf(words.slice(at + 1, end));
  const may = texts === null || texts.some((text) => inverting.test(text));
  if (!may) return false;
  const before = words[at - 1]?.value ?? "";
  if (/^(?:[\p{L}_$)\]]|\?\.|!$)/u.test(before)) return names.runner.has(rootOf(words, at));
  if (words[end + 1]?.value !== ":" || !/^[{,]$/.test(before)) return false;
  if (isTakenFrom(words, at, names)) return true;
  const called = calledWith(words, at);
  if (texts === null) return called !== null && names.runner.has(called);
  const value = words[end + 2]?.value ?? "";
  return texts.some((text) => isOption(words, at, { text, value, names }));
}

/** `{ fails: later } = test`. */
function isTakenFrom(words: readonly Word[], at: number, names: RunnerNames): boolean {
  const open = openingOf(words, at);
  if (words[open]?.value !== "{") return false;
  const end = closingOf(words, open);
  return words[end + 1]?.value === "=" && names.runner.has(words[end + 2]?.value ?? "");
}

/** The name with which the chain begins that goes on at this place: `it` of `it.each(rows).fails`. */
function rootOf(words: readonly Word[], at: number): string {
  let place = at - 1;
  while (place > 0) {
    const { value = "" } = words[place] ?? {};
    if (/^\??\.$|^!$/.test(value)) place -= 1;
    else if (/^[)\]]$/.test(value)) place = openingOf(words, place) - 1;
    else if (/^`.*`$/s.test(value)) place -= 1;
    else if (/^\??\.$/.test(words[place - 1]?.value ?? "")) place -= 2;
    else break;
  }
  return words[place]?.value ?? "";
}

/** The name of the function, with which its chain begins, to which the object around this place is given; null if none. */
function calledWith(words: readonly Word[], at: number): string | null {
  let open = openingOf(words, at);
  for (; open > 0 && words[open]?.value !== "("; open = openingOf(words, open)) {
    const before = words[open - 1]?.value ?? "";
    const isBlock = words[open]?.value === "{" && /^(?:=>|[);{}]|else|try|finally|do)$/.test(before);
    if (isBlock || !/^[[{]$/.test(words[open]?.value ?? "")) return null;
  }
  const before = words[open - 1]?.value ?? "";
  if (open <= 0 || !/^(?:[\p{L}_$)\]]|\?\.)/u.test(before)) return null;
  return rootOf(words, before === "?." ? open - 1 : open);
}

/** The function whose argument this name alone is: `Object` of `Object.values(test)`. */
function handedTo(words: readonly Word[], at: number): string {
  const [before, next] = [words[at - 1]?.value ?? "", words[at + 1]?.value ?? ""];
  if (!/^[(,]$/.test(before) || !/^[),]$/.test(next)) return "";
  const open = openingOf(words, at);
  return words[open]?.value === "(" ? rootOf(words, open) : "";
}
