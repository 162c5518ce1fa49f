interface Token {
  readonly kind: "text" | "word" | "sign" | "end";
  readonly value: string;
}

const token =
  /(?<blank>[ \t\r]+|\\\r?\n)|(?<comment>#[^\n]*)|(?<text>"(?:\\[\s\S]|[^"\\\n])*")|(?<word>[\w.]+)|(?<sign>\|\||\|&|&&|\+\+|--|[^\s\w"#/])|(?<end>\n|$)/uy;
const pattern = /\/(?:\\.|\[[^\]/\n]*\]|[^/\\[\n])+\//uy;

/** Behind these an operand follows, so that `/` begins a pattern; behind what is in neither list it may be both. */
const beforePattern = /^(?:[{};,(~!=<>?:*%^$&]|&&|\|\||\n)?$/u;
const beforeDivision =
  /^(?:"[\s\S]*|[\d.]+|\]|(?!(?:BEGIN|END|case|default|delete|do|else|exit|getline|in|length|next|nextfile|print|printf|return|func|function)$)[A-Za-z_]\w*)$/u;

/** The words of a program of awk; null where it may be read in two ways. */
function tokensOf(code: string): readonly Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  while (at < code.length) {
    if (code[at] === "/") {
      const before = tokens.at(-1)?.value ?? "";
      if (beforePattern.test(before)) {
        pattern.lastIndex = at;
        const found = pattern.exec(code);
        if (found === null) return null;
        tokens.push({ kind: "word", value: "0" });
        at = pattern.lastIndex;
      } else if (beforeDivision.test(before)) {
        tokens.push({ kind: "sign", value: "/" });
        at += 1;
      } else return null;
      continue;
    }
    token.lastIndex = at;
    const groups = token.exec(code)?.groups;
    if (groups === undefined) return null;
    at = token.lastIndex;
    for (const kind of ["text", "word", "sign", "end"] as const) {
      const value = groups[kind];
      if (value !== undefined) tokens.push({ kind, value });
    }
  }
  return tokens;
}

/** A command that runs nothing else, whatever it is given. */
const plain =
  /^"(?:(?:sort|uniq|wc|cat|head|tail|cut|tr|column|nl|rev|tac|fold|fmt|date|ls|pwd|hostname|whoami)(?: -?[\w.,/+%:]+)*)?"$/u;

/**
 * Whether a program of awk may run a command other than plain filters by `system`, a pipe or `getline`. Texts, patterns
 * and comments run none; true where it may be read in two ways.
 */
export function launchesFromAwk(code: string): boolean {
  const tokens = tokensOf(code);
  if (tokens === null) return true;
  return tokens.some(({ kind, value }, at) => {
    if (kind === "text") return false;
    const isCall = value === "system";
    if (!isCall && value !== "|" && value !== "|&") return value === "@";
    const isRead = !isCall && tokens[at + 1]?.value === "getline";
    const place = isCall ? at + 2 : isRead ? at - 1 : at + 1;
    const isAlone = isRead
      ? /^[{};(,!=&\n]?$|^(?:&&|\|\|)$/u.test(tokens[place - 1]?.value ?? "")
      : /^[;})\n]?$/u.test(tokens[place + 1]?.value ?? "");
    return !isAlone || !plain.test(tokens[place]?.value ?? "");
  });
}
