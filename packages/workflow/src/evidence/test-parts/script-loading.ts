import type { HandedNames, LoadedCode } from "./written-on-load.ts";

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
  handsOn,
  localNames,
  hoists: (words) =>
    words.some(
      (word, at) => /^(?:vi|vitest|jest)$/.test(word) && words[at + 1] === "." && hoisted.test(words[at + 2] ?? ""),
    ),
  writesTo(words, { shared: names }) {
    return words.some((word, at) => {
      if (assigning.test(word)) return isForeign(words, at, names) || isForeignPattern(words, at, names);
      if (word === "for" && words[at + 1] === "(") return isForeignTarget(words, at + 2, names);
      const [next = "", member = ""] = [words[at + 1], words[at + 2]];
      if (next !== ".") return word === "delete" && names.has(next);
      if (mocks.test(word)) return mocking.test(member) && words[at + 3] === "(";
      if (word === "expect") return /^(?:extend|add\w+)$/.test(member) && words[at + 3] === "(";
      const isSetter = /^(?:Object|Reflect)$/.test(word) && setters.test(member);
      return isSetter && names.has(words[at + 4] ?? "");
    });
  },
};

/** `[shop.price] = ..`, `({ p: shop.price } = ..)`: a member of one of these names among what is set. */
function isForeignPattern(words: readonly string[], at: number, names: ReadonlySet<string>): boolean {
  if (words[at] !== "=" || !/^[\]}]$/.test(words[at - 1] ?? "")) return false;
  const open = openOf(words, at - 1);
  return words.some((word, place) => {
    const isTarget = place > open && place < at && /^(?:[[,:]|\.{3})$/.test(words[place - 1] ?? "");
    return isTarget && names.has(word) && /^(?:\??\.|\[)$/.test(words[place + 1] ?? "");
  });
}

/** `for (shop.price of ..)` */
function isForeignTarget(words: readonly string[], at: number, names: ReadonlySet<string>): boolean {
  if (!names.has(words[at] ?? "") || !/^(?:\.|\[)$/.test(words[at + 1] ?? "")) return false;
  const end = words.findIndex((word, place) => place > at && /^(?:of|in|;|\))$/.test(word));
  return /^(?:of|in)$/.test(words[end] ?? "");
}

/** Whose calls give back, or on, what they are given. */
const passing = /^(?:Object|Array|Reflect|Promise|Iterator)$/;

/**
 * Names one of these itself, not a member of it or what it gives back, and not only to a function of another module; or
 * loads a module by a call.
 */
function handsOn(words: readonly string[], { shared, own }: HandedNames): boolean {
  const open: { readonly isStrange: boolean; readonly isRound: boolean }[] = [];
  return words.some((word, at) => {
    const [before = "", next = ""] = [words[at - 1], words[at + 1]];
    if (closing.test(word)) open.pop();
    const isStrange = open.some((one) => one.isStrange);
    // The type of a parameter.
    const isType = (before === ":" && open.at(-1)?.isRound === true) || /^(?:as|satisfies|<)$/.test(before);
    const isRound = word === "(";
    if (opening.test(word)) open.push({ isRound, isStrange: isRound && isStrangeCall(words, at, own) });
    if (/^(?:import|require|createRequire)$/.test(word) && next === "(" && before !== ".") return true;
    const isItself = !/^(?:\??\.|\(|:|=>)$/.test(next) && !/^\??\.$/.test(before) && !assigning.test(next);
    return shared.has(word) && isItself && !isStrange && !isType;
  });
}

/** Of a function that is imported, or given; not of one of the file, of a literal, or one that passes on what it gets. */
function isStrangeCall(words: readonly string[], at: number, own: ReadonlySet<string>): boolean {
  let place = at - 1;
  while (place > 0 && /^\??\.$/.test(words[place - 1] ?? "") && identifier.test(words[place] ?? "")) place -= 2;
  const root = words[place] ?? "";
  return identifier.test(root) && !keyword.test(root) && !passing.test(root) && !own.has(root);
}

const keyword =
  /^(?:if|for|while|switch|catch|return|await|typeof|new|of|in|case|function|async|yield|void|delete|const|let|var|class|static|this|null|true|false|undefined)$/;

/** Names behind a word that declares, and those of parameters. */
function localNames(words: readonly string[]): ReadonlySet<string> {
  return new Set(
    words.filter(
      (word, at) =>
        identifier.test(word) &&
        !keyword.test(word) &&
        (/^(?:const|let|var|class|[({[,]|\.{3})$/.test(words[at - 1] ?? "") || words[at + 1] === "=>"),
    ),
  );
}

/** Begins the body of a function that is not called at once. */
function isBody(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? "";
  const isArrow = before === "=>";
  const parametersAt = words[at] === "{" ? parametersEnd(words, at) : -1;
  const isBraced = parametersAt >= 0 && !/^(?:if|for|while|switch|catch|with|await)$/.test(headOf(words, parametersAt));
  if (!isArrow && !isBraced) return false;
  const end = endOfBody(words, at);
  const next = words[end + 1] === ")" ? words[end + 2] : words[end + 1];
  return next !== "(" && !(next === "." && /^(?:call|apply|bind)$/.test(words[words.indexOf(".", end) + 1] ?? ""));
}

/** Where the parameters end in front of a body, or in front of what the function is said to give back; -1 where none do. */
function parametersEnd(words: readonly string[], at: number): number {
  if (words[at - 1] === ")") return at - 1;
  let place = at - 1;
  while (place > 0 && ofType.test(words[place] ?? "")) place -= 1;
  if (place === at - 1 || words[place] !== ":" || words[place - 1] !== ")") return -1;
  const open = openOf(words, place - 1);
  // `case f(): {` and `a ? f() : {` are no functions.
  return /^(?:[{};*,]|function|async|static|get|set|public|private|protected|override)?$/.test(words[open - 2] ?? "")
    ? place - 1
    : -1;
}

const ofType = /^(?:[\p{L}_$][\p{L}\p{N}_$]*|"[^"]*"|[.<>|&,[\]]|>{2,3})$/u;

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

/** The bracket that the one at `at` closes. */
function openOf(words: readonly string[], at: number): number {
  let depth = 0;
  for (let start = at; start >= 0; start -= 1) {
    if (closing.test(words[start] ?? "")) depth += 1;
    if (opening.test(words[start] ?? "")) depth -= 1;
    if (depth === 0) return start;
  }
  return 0;
}
