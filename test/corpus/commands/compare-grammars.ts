import { readByPolicy } from "../../../packages/workflow/src/policy/commands/policy-reading.fixture.ts";
import { readBySecondGrammar } from "./second-grammar.ts";

/** How the two grammars differ about a text, in words; empty when they agree or the policy refuses the text. */
export function differencesOf(text: string): readonly string[] {
  const policy = readByPolicy(text);
  if (policy === null) return [];
  const second = readBySecondGrammar(text);
  if (second === null) return ["only the policy can read it"];
  const differences: string[] = [];
  const left = [...policy.commands];
  for (const command of second.commands) {
    const place = left.findIndex((candidate) => isSame(candidate, command));
    if (place < 0) differences.push(`the policy misses ${JSON.stringify(command)}`);
    else left.splice(place, 1);
  }
  for (const command of left) differences.push(`only the policy sees ${JSON.stringify(command)}`);
  if (policy.substitutions !== second.substitutions) {
    differences.push(`substitutions: ${policy.substitutions} and ${second.substitutions}`);
  }
  const targets = [...policy.redirects];
  for (const target of second.redirects) {
    const place = targets.findIndex((candidate) => isSame([candidate], [target]));
    if (place < 0) differences.push(`the policy misses the redirection to ${JSON.stringify(target)}`);
    else targets.splice(place, 1);
  }
  for (const target of targets) differences.push(`only the policy sees the redirection to ${JSON.stringify(target)}`);
  return differences;
}

/** A word that only one grammar takes for decided at run time is the policy's to doubt, never the other's. */
function isSame(policy: readonly (string | null)[], second: readonly (string | null)[]): boolean {
  if (policy[0] === "let" && second[0] === "let") return policy.length === second.length;
  return policy.length === second.length && policy.every((word, index) => word === null || word === second[index]);
}
