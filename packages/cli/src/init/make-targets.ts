/** Targets in front of the colon of a rule; a colon of an assignment (`:=`, `::=`) makes none. */
const rule = /^(?!\t)([^:#=\n]+?)\s*::?(?![:=])/gmu;
const included = /^[ ]*[-s]?include\s/mu;

/**
 * Whether a makefile has a rule for a target, or may have one: what it includes and what it computes is not known. Rules
 * that make brings along do not count.
 */
export function mayHaveTarget(makefile: string, target: string): boolean {
  if (included.test(makefile)) return true;
  const text = makefile.replaceAll(/\\\r?\n/gu, " ");
  const targets = [...text.matchAll(rule)].flatMap(([, names = ""]) => names.trim().split(/\s+/u));
  return targets.some((name) => name === target || name.includes("$"));
}
