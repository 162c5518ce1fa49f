import { forEachChild, parse, type SyntaxNode } from "unbash";
import { readScript } from "./script.ts";
import { readWord } from "./words.ts";

/** What a shell text does at most, as one grammar reads it. */
export interface ReadText {
  /** Words of each simple command after quotes are removed; null for a word that is decided at run time. */
  readonly commands: readonly (readonly (string | null)[])[];
  /** What redirections name, here-documents left out. */
  readonly redirects: readonly (string | null)[];
  readonly substitutions: number;
}

/** Reads a text as the command policy does; null where the policy finds it unreadable, and so denies it. */
export function readByPolicy(text: string): ReadText | null {
  const parsed = readScript(text);
  if (parsed.status === "unreadable") return null;
  const { invocations } = parsed.script;
  const redirects: (string | null)[] = [];
  let substitutions = 0;
  const visit = (node: SyntaxNode): void => {
    if (node.type === "Redirect" || node.type === "HereString")
      redirects.push(node.target ? readWord(node.target).value : null);
    if (node.type === "CommandExpansion" || node.type === "ArithmeticCommandExpansion") substitutions++;
    if (node.type === "ProcessSubstitution") substitutions++;
    forEachChild(node, visit);
  };
  visit(parse(text));
  return {
    commands: invocations.filter(({ words }) => words.length > 0).map(({ words }) => words.map(({ value }) => value)),
    redirects,
    substitutions,
  };
}
