import jsTokens, { type JSXToken, type Token } from "js-tokens";
import { extensionOf } from "./code-lines.ts";

/** A word of a script with the line, from 1, on which it begins. */
export interface Word {
  readonly value: string;
  readonly line: number;
}

const opening = /^(?:[([{]|`.*\$\{)$/s;
const closing = /^(?:[)\]}]|\}.*`)$/s;

/** The words of a script of JavaScript or TypeScript, without blanks and comments; what escapes stand for is written out. */
export function scriptWords(path: string, text: string): readonly Word[] {
  const words: Word[] = [];
  let line = 1;
  const jsx = !/^[cm]?ts$/.test(extensionOf(path));
  const tokens: Iterable<Token | JSXToken> = jsx ? jsTokens(text, { jsx }) : jsTokens(text);
  for (const { type, value } of tokens) {
    const isSilent = type === "WhiteSpace" || type === "LineTerminatorSequence" || type.endsWith("Comment");
    if (!isSilent) words.push({ value: type === "IdentifierName" ? unescaped(value) : value, line });
    line += type === "WhiteSpace" ? 0 : value.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
  }
  return words;
}

/** The place of the bracket that closes the one at `at`; the last place where none does. */
export function closingOf(words: readonly Word[], at: number): number {
  let depth = 0;
  for (let end = at; end < words.length; end += 1) {
    const { value = "" } = words[end] ?? {};
    if (closing.test(value)) depth -= 1;
    if (depth <= 0 && end > at) return end;
    if (opening.test(value)) depth += 1;
  }
  return words.length - 1;
}

/** The place of the bracket in which `at` stands; -1 at the top. */
export function openingOf(words: readonly Word[], at: number): number {
  let depth = 0;
  for (let start = at - 1; start >= 0; start -= 1) {
    const { value = "" } = words[start] ?? {};
    if (opening.test(value)) depth -= 1;
    if (depth < 0) return start;
    if (closing.test(value)) depth += 1;
  }
  return -1;
}

/** All texts that an expression may stand for, where it is made of nothing but literals and conditions; else null. */
export function textsOf(words: readonly Word[]): readonly string[] | null {
  const cast = places(words, /^(?:as|satisfies)$/)[0];
  const own = words.slice(0, cast);
  const first = own[0]?.value ?? "";
  if (own.length > 1 && first === "(" && closingOf(own, 0) === own.length - 1) return textsOf(own.slice(1, -1));
  const question = places(own, /^\?$/)[0];
  if (question !== undefined) {
    const rest = own.slice(question + 1);
    const colon = places(rest, /^:$/).at(-1);
    return colon === undefined ? null : all([rest.slice(0, colon), rest.slice(colon + 1)]);
  }
  const sums = places(own, /^\+$/);
  if (sums.length > 0) {
    const from = [0, ...sums.map((at) => at + 1)];
    const parts = from.map((start, index) => textsOf(own.slice(start, sums[index])));
    return parts.every((part) => part?.length === 1) ? [parts.map((part) => part?.[0] ?? "").join("")] : null;
  }
  if (own.length !== 1) return null;
  if (/^[\d.]/.test(first)) return [first];
  const isLiteral = /^["']/.test(first) || (first.startsWith("`") && first.endsWith("`") && first.length > 1);
  return isLiteral ? [unescaped(first.slice(1, -1))] : null;
}

function all(expressions: readonly (readonly Word[])[]): readonly string[] | null {
  const found = expressions.map((expression) => textsOf(expression));
  return found.every((texts) => texts !== null) ? found.flat() : null;
}

/** Places of words, in no bracket, that are like this. */
function places(words: readonly Word[], wanted: RegExp): readonly number[] {
  const found: number[] = [];
  let depth = 0;
  for (const [at, { value }] of words.entries()) {
    if (closing.test(value)) depth -= 1;
    if (depth === 0 && wanted.test(value)) found.push(at);
    if (opening.test(value)) depth += 1;
  }
  return found;
}

function unescaped(value: string): string {
  if (!value.includes("\\")) return value;
  return value.replaceAll(/\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2})|(\r\n|[\s\S]))/gi, (...parts) => {
    const [, wide, four, two, other] = parts as (string | undefined)[];
    const code = wide ?? four ?? two;
    const point = code === undefined ? null : Number.parseInt(code, 16);
    if (point === null) return /^[\r\n\u2028\u2029]/.test(other ?? "") ? "" : (other ?? "");
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : "";
  });
}
