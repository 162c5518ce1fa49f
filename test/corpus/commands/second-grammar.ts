import mvdan from "mvdan-sh";
import type { ReadText } from "../../../packages/workflow/src/policy/commands/policy-reading.fixture.ts";

const { syntax } = mvdan;
type Part = mvdan.Node & {
  Value?: string;
  Dollar?: boolean;
  Parts?: readonly Part[];
  Args?: readonly Part[];
  Variant?: { Value: string };
  Name?: { Value: string } | null;
  Naked?: boolean;
  Append?: boolean;
  Word?: Part | null;
  Hdoc?: Part | null;
  Op?: number;
  Exprs?: readonly unknown[];
  Index?: unknown;
  Array?: unknown;
};

/** Reads a text as mvdan/sh does; null where that grammar refuses it. */
export function readBySecondGrammar(text: string): ReadText | null {
  const commands: (readonly (string | null)[])[] = [];
  const redirects: (string | null)[] = [];
  let substitutions = 0;
  try {
    const file = syntax.NewParser().Parse(text, "");
    syntax.Walk(file, (found) => {
      const node = found as Part | null;
      if (!node) return true;
      switch (syntax.NodeType(node)) {
        case "CallExpr":
          if (node.Args && node.Args.length > 0) commands.push(node.Args.map(wordValue));
          break;
        case "DeclClause":
          commands.push([node.Variant!.Value, ...(node.Args ?? []).map(declared)]);
          break;
        case "LetClause":
          commands.push(["let", ...(node.Exprs ?? []).map(() => null)]);
          break;
        case "Redirect":
          if (!node.Hdoc) redirects.push(wordValue(node.Word!));
          break;
        case "CmdSubst":
        case "ProcSubst":
          substitutions++;
          break;
        default:
          break;
      }
      return true;
    });
  } catch {
    return null;
  }
  return { commands, redirects, substitutions };
}

function declared(node: Part): string | null {
  if (node.Naked === true) return node.Name ? node.Name.Value : wordValue(node.Value as unknown as Part);
  if (node.Index || node.Array) return null;
  const value = node.Value ? wordValue(node.Value as unknown as Part) : "";
  return value === null ? null : `${node.Name!.Value}${node.Append ? "+" : ""}=${value}`;
}

function wordValue(word: Part): string | null {
  const values = (word.Parts ?? []).map((part) => partValue(part, "bare"));
  if (values.includes(null)) return null;
  const value = values.join("");
  return value;
}

function partValue(part: Part, where: "bare" | "quoted"): string | null {
  switch (syntax.NodeType(part)) {
    case "Lit":
      return where === "bare" ? bareValue(part.Value!) : part.Value!.replaceAll(/\\([$`"\\]|\n)/gu, dropBreak);
    case "SglQuoted":
      return part.Dollar ? ansiValue(part.Value!) : part.Value!;
    case "DblQuoted": {
      const values = (part.Parts ?? []).map((inner) => partValue(inner, "quoted"));
      return values.includes(null) ? null : values.join("");
    }
    default:
      return null;
  }
}

function bareValue(text: string): string | null {
  const masked = text.replaceAll(/\\[^]/gu, "");
  if (/[*?]|\[.*\]|\{.*(?:,|\.\.).*\}/su.test(masked)) return null;
  return text.replaceAll(/\\([^])/gu, dropBreak);
}

function dropBreak(_: string, escaped: string): string {
  return escaped === "\n" ? "" : escaped;
}

const ansiLetters: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  E: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text of `$'..'`; null where an escape is not known here. */
function ansiValue(text: string): string | null {
  let isKnown = true;
  const value = text.replaceAll(
    /\\(?:x([\dA-Fa-f]{1,2})|u([\dA-Fa-f]{1,4})|([0-7]{1,3})|([^]))/gu,
    (_, hex?: string, unicode?: string, octal?: string, letter?: string) => {
      const digits = hex ?? unicode;
      if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
      if (/["'?\\]/u.test(letter!)) return letter!;
      const decoded = ansiLetters[letter!];
      if (decoded === undefined) isKnown = false;
      return decoded ?? "";
    },
  );
  return isKnown ? value : null;
}
