import type { LoadedCode } from "./written-on-load.ts";

const opening = /^(?:[([{]|[`}].*\$\{)$/s;
const closing = /^(?:[)\]}]|\}.*[`{])$/s;
const assigning = /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$|^\+\+$|^--$/;
const identifier = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const setters = /^(?:assign|defineProperty|defineProperties|setPrototypeOf|set)$/;
const mocks = /^(?:mock|vi|jest|sinon)$/;
const mocking =
  /^(?:method|module|getter|setter|mock|doMock|spyOn|stubGlobal|stub|replaceProperty|setSystemTime|hoisted|unstable_mockModule)$/;
/** vitest and jest lift them to the top of their file. */
const hoisted = /^(?:mock|unmock|hoisted|deepUnmock)$/;

/** JavaScript and TypeScript. */
export const scriptLoading: LoadedCode = {
  given: new Set(
    (
      "Array Boolean Buffer Date Error Function JSON Map Math Number Object Promise Proxy Reflect RegExp Set String Symbol " +
      "URL console crypto fetch global globalThis performance process assert expect"
    ).split(" "),
  ),
  split(code) {
    const words = code.split(/[ \n]/);
    const [loaded, called]: string[][] = [[], []];
    let end = -1;
    for (const [at, word] of words.entries()) {
      if (at > end && isBody(words, at)) end = Math.max(end, endOfBody(words, at));
      (at <= end ? called : loaded)!.push(word);
    }
    return { loaded: loaded!, called: called! };
  },
  hoists: (words) =>
    words.some(
      (word, at) => /^(?:vi|vitest|jest)$/.test(word) && words[at + 1] === "." && hoisted.test(words[at + 2] ?? ""),
    ),
  writesTo(words, { shared: names }) {
    return words.some((word, at) => {
      if (assigning.test(word)) return isForeign(words, at, names);
      const [next = "", member = ""] = [words[at + 1], words[at + 2]];
      if (next !== ".") return word === "delete" && names.has(next);
      if (mocks.test(word)) return mocking.test(member) && words[at + 3] === "(";
      if (word === "expect") return /^(?:extend|add\w+)$/.test(member) && words[at + 3] === "(";
      const isSetter = /^(?:Object|Reflect)$/.test(word) && setters.test(member);
      return isSetter && names.has(words[at + 4] ?? "");
    });
  },
};

/** Begins the body of a function that is not called at once. */
function isBody(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? "";
  const isArrow = before === "=>";
  const isBraced =
    words[at] === "{" && before === ")" && !/^(?:if|for|while|switch|catch|with|await)$/.test(headOf(words, at - 1));
  if (!isArrow && !isBraced) return false;
  const end = endOfBody(words, at);
  const next = words[end + 1] === ")" ? words[end + 2] : words[end + 1];
  return next !== "(" && !(next === "." && /^(?:call|apply|bind)$/.test(words[words.indexOf(".", end) + 1] ?? ""));
}

/** The word in front of the bracket that is closed here. */
function headOf(words: readonly string[], at: number): string {
  let depth = 0;
  for (let start = at; start >= 0; start -= 1) {
    if (closing.test(words[start] ?? "")) depth += 1;
    if (opening.test(words[start] ?? "")) depth -= 1;
    if (depth === 0) return words[start - 1] ?? "";
  }
  return "";
}

/** The last word of a body, in braces or behind an arrow. */
function endOfBody(words: readonly string[], at: number): number {
  let depth = 0;
  const isBraced = words[at] === "{";
  for (let end = at; end < words.length; end += 1) {
    const word = words[end] ?? "";
    if (depth === 0 && !isBraced && (closing.test(word) || word === "," || word === ";")) return end - 1;
    if (opening.test(word)) depth += 1;
    if (closing.test(word)) depth -= 1;
    if (depth === 0 && isBraced) return end;
  }
  return words.length - 1;
}

/** The left side of an assignment is a member of one of these names, or the name itself at the beginning of a statement. */
function isForeign(words: readonly string[], at: number, names: ReadonlySet<string>): boolean {
  let place = at - 1;
  let isMember = false;
  while (place > 0) {
    const word = words[place] ?? "";
    if (word === "]") {
      const open = openOf(words, place);
      if (!identifier.test(words[open - 1] ?? "") && words[open - 1] !== "]") return false;
      place = open - 1;
      isMember = true;
    } else if (/^\??\.$/.test(words[place - 1] ?? "")) {
      place -= 2;
      isMember = true;
    } else break;
  }
  const [root = "", before = ""] = [words[place], words[place - 1]];
  if (!names.has(root)) return false;
  if (root === "process" && words[place + 2] === "env") return false;
  return isMember || !/^(?:const|let|var|[,{[.:]|\.\.\.)$/.test(before);
}

function openOf(words: readonly string[], at: number): number {
  let depth = 0;
  for (let start = at; start >= 0; start -= 1) {
    if (words[start] === "]") depth += 1;
    if (words[start] === "[") depth -= 1;
    if (depth === 0) return start;
  }
  return 0;
}
